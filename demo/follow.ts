import type { OrderResource } from '../contracts/order';
import { createBoard, type Row, type Terminal } from './board';
import type { DemoClient } from './client';
import { entryInWords } from './words';

/** An order that is shown, and under which title. */
export interface ShownOrder {
  order: OrderResource;
  title: string;
}

/** Shows the orders live, one line each, until all are at rest or the time is up. */
export async function followAll(
  client: Pick<DemoClient, 'follow'>,
  orders: readonly ShownOrder[],
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const rows = orders.map(({ order, title }): Row => ({ title, status: order.status, latest: 'accepted', seconds: 0 }));
  const draw = createBoard(terminal);
  draw(rows);
  const follow = async ({ order }: ShownOrder, row: Row) => {
    for await (const entry of client.follow(order.id, signal)) {
      row.status = entry.status ?? row.status;
      row.latest = entryInWords(entry);
      row.seconds = (Date.parse(entry.at) - Date.parse(order.createdAt)) / 1000;
      draw(rows);
    }
  };
  await Promise.all(orders.map((shown, index) => follow(shown, rows[index] as Row)));
}
