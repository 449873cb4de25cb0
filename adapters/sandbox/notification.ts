import type { NotificationPort } from '../ports';
import { referenceFor, type Books } from './books';
import type { FaultScript } from './faults';

const party = 'notification';

/** A message service that writes down what it sent, and nothing about the person whom it was sent to. */
export function createSandboxNotification(books: Books, script: FaultScript): NotificationPort {
  return {
    send: ({ key, order, template, channel }) =>
      script.around({ port: 'notification', operation: 'send', order }, async () => {
        const { orderId } = order;
        const reference = referenceFor('msg', key);
        const details = { template, channel };
        const effect = await books.record({ party, key, operation: 'send', orderId, reference, details });
        return { reference: effect.reference };
      }),

    lookup: async (key) => ((await books.find(party, key)).length > 0 ? 'sent' : 'unknown'),
  };
}
