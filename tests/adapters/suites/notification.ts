import type { NotificationPort } from '../../../adapters/ports';
import { callFor, racing, recipient } from './calls';

/** What every message service promises, whichever it is. */
export function describeNotificationPort(
  name: string,
  create: () => Promise<NotificationPort> | NotificationPort,
): void {
  describe(`notification port: ${name}`, () => {
    let notification: NotificationPort;

    beforeAll(async () => {
      notification = await create();
    });

    test('sends a message under one reference for a key, also where the calls race', async () => {
      const call = { ...callFor('order-confirmed'), template: 'order-confirmed', channel: 'email', recipient } as const;
      const answers = await racing(() => notification.send(call));
      expect(await notification.send(call)).toEqual(answers[0]);
      expect(new Set(answers.map(({ reference }) => reference)).size).toBe(1);
      expect(await notification.lookup(call.key)).toBe('sent');
    });

    test('knows nothing of a message that it was never given', async () => {
      expect(await notification.lookup(callFor('order-confirmed').key)).toBe('unknown');
    });
  });
}
