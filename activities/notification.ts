import { activityInfo } from '@temporalio/activity';
import { PartyRefused, type NotificationPort } from '../adapters/ports';
import type { MessageChannel, MessageTemplate } from '../contracts/messages';
import type { Database } from '../infra/database/client';
import { asRetryable, withinTimeout } from './failures';
import { readRecipient } from './recipient';
import type { StepLimits } from './run-step';

interface Deps {
  database: Database;
  /** Who an order is, for a party that is asked on its behalf. */
  orderRef(orderId: string): Promise<{ orderId: string; clientReference: string; customerId: string }>;
  notification: NotificationPort;
}

/** Sends the messages that the books owe to customers. */
export function createNotificationActivities({ database, orderRef, notification }: Deps) {
  return {
    /**
     * Sends the order's pending messages, oldest first. A refused message is dead; after a fault the rest waits for the
     * next try.
     */
    async sendMessages({ orderId, limits }: { orderId: string; limits: StepLimits }): Promise<void> {
      const pending = await database.sql.query<{ key: string; template: MessageTemplate; channel: MessageChannel }>`
        SELECT key, template, channel FROM events.message
        WHERE order_id = ${orderId} AND state = 'pending' ORDER BY created_at, key`;
      if (pending.length === 0) return;
      const [order, recipient] = await Promise.all([orderRef(orderId), readRecipient(database, orderId)]);
      for (const { key, template, channel } of pending) {
        const call = notification.send({
          key,
          order,
          recipient,
          template,
          channel,
        });
        try {
          await withinTimeout('notification', limits.partyTimeoutMs, call, () => undefined);
          await database.sql.query`UPDATE events.message SET state = 'sent', sent_at = now() WHERE key = ${key}`;
        } catch (error) {
          const lastError = error instanceof Error ? error.message : String(error);
          const attempts = activityInfo().attempt;
          const refused = error instanceof PartyRefused;
          await database.message.update({
            where: { key },
            data: { attempts, lastError, ...(refused && { state: 'dead' }) },
          });
          if (!refused) throw asRetryable(error);
        }
      }
    },
  };
}
