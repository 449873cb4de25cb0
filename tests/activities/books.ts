import type { FulfilmentActivities } from '../../activities';
import { createInventoryActivities } from '../../activities/stock/reserve';
import { writeEntry } from '../../activities/ledger/entry';
import { StepLedger } from '../../activities/ledger/step-ledger';
import type { InventoryPort } from '../../adapters/ports';
import { workflowIdOf } from '../../contracts/workflow/ids';
import type { Standing, StepInput, StopInput } from '../../contracts/workflow/order';
import type { OrderStatus } from '../../domain/order-status';
import { chainsOf } from '../../domain/standing';
import { stepKinds } from '../../domain/step-kinds';
import type { Database } from '../../infra/database/client';
import { runActivity, type Attempt } from '../support/activity';
import { givenOrder, type GivenOrder } from '../support/given';

export const limits = { partyTimeoutMs: 10_000, patienceMs: 60_000 };

/** The timings that a stop takes from the order's policy: a leg may be tried again once. */
export const stopPolicy = { carrierRetries: 1, carrierRetryMs: 60_000, authorisationRenewMs: 120_000 };

/** Tells the books that an order cannot go on, or asks them how it does. */
export const stopOf =
  ({ stopOrder }: Pick<FulfilmentActivities, 'stopOrder'>) =>
  (orderId: string, over: Partial<StopInput> = {}, attempt?: Attempt): Promise<Standing> =>
    runActivity(stopOrder, [{ orderId, limits, policy: stopPolicy, called: [], ...over }], {
      workflowId: workflowIdOf(orderId),
      ...attempt,
    });

/** A boundary that nothing ever strikes. */
export const openInventory: InventoryPort = { around: (_operation, _call, effect) => effect() };

/** Stores an order and takes it to a status by the way given. */
export async function givenOrderAt(database: Database, order: GivenOrder, ...way: OrderStatus[]): Promise<string> {
  const { orderId } = await givenOrder(database, order);
  for (const status of way) await writeEntry(database.sql, orderId, { step: null, status });
  return orderId;
}

/** Undoes what a standing says is to be undone, newest first. */
export async function undoAll(activities: FulfilmentActivities, orderId: string, { undo }: Standing): Promise<void> {
  for (const { parcels, rest } of chainsOf(undo)) {
    for (const { id } of [...parcels.flat(), ...rest]) {
      const { kind, ...parts } = id;
      const undoing = activities[stepKinds[kind].undo.activity];
      await runActivity<[StepInput], unknown>(undoing, [{ orderId, ...parts, limits }]);
    }
  }
}

/** Reserves stock for an order as its workflow does. */
export function reserverOf(database: Database) {
  const { reserveStock } = createInventoryActivities({ ledger: new StepLedger(database), inventory: openInventory });
  return (orderId: string, shortfall: 'refuse' | 'drop', leg = 1) =>
    runActivity(reserveStock, [{ orderId, leg, shortfall, limits }]);
}

/** What the books say of an order that concerns its goods and its price. */
export async function goodsOf(database: Database, orderId: string) {
  const [order, timeline, messages, events] = await Promise.all([
    database.order.findUniqueOrThrow({ where: { id: orderId }, include: { lines: { orderBy: { position: 'asc' } } } }),
    database.timelineEntry.findMany({ where: { orderId, step: { not: null } }, orderBy: { id: 'asc' } }),
    database.message.findMany({ where: { orderId }, orderBy: { createdAt: 'asc' } }),
    database.outboxEvent.findMany({ where: { key: orderId }, orderBy: { id: 'asc' } }),
  ]);
  const { status, items, shipping, tax, grand, lines } = order;
  return {
    status,
    totals: [items, shipping, tax, grand].map(Number),
    dropped: Object.fromEntries(lines.map(({ sku, droppedQuantity }) => [sku, droppedQuantity])),
    notes: timeline.map(({ note }) => note),
    messages: messages.map(({ key, template, data }) => ({ key: key.replace(`${orderId}/`, ''), template, data })),
    topics: events.map(({ topic }) => topic),
  };
}

/** Units on hand and reserved of a sku, by warehouse. */
export async function shelvesOf(database: Database, sku: string): Promise<Record<string, string>> {
  const levels = await database.stockLevel.findMany({ where: { sku } });
  return Object.fromEntries(levels.map(({ warehouse, onHand, reserved }) => [warehouse, `${reserved} of ${onHand}`]));
}
