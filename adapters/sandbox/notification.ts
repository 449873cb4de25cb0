import type { NotificationPort } from '../ports';
import { referenceFor, type Books } from './effects';

const party = 'notification';

/** A message service that writes down what it sent, and nothing about the person whom it was sent to. */
export function createSandboxNotification(books: Books): NotificationPort {
  return {
    send: async ({ key, order, template, channel, data = {} }) => {
      const effect = { key, reference: referenceFor('msg', key), details: { template, channel, data } };
      const { reference } = await books.record({ port: party, operation: 'send', order }, effect);
      return { reference };
    },

    lookup: async (key) => ((await books.find(party, key)).length > 0 ? 'sent' : 'unknown'),
  };
}
