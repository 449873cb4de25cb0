import type { OrderResource } from '../contracts/http/order';
import type { OrderStatus } from '../domain/order-status';
import { createBoard, type Row, type Terminal } from './board';
import { DemoError, type DemoClient } from './client';
import { entryInWords } from './words';

/** An order that is shown, and under which title. */
export interface ShownOrder {
  order: OrderResource;
  title: string;
}

/** An order whose line on the board is kept up to date. */
export interface FollowedOrder {
  /** Resolves when the order has that status. Throws a {@link DemoError} if its stream ends without that. */
  until(status: OrderStatus): Promise<void>;
  /** Shows something that is not in the order's timeline. */
  show(words: string, status?: OrderStatus): void;
  /** Resolves when the order is at rest, or nobody wants to know any more. */
  ended: Promise<void>;
}

/** Shows the orders live, one line each, until each is at rest or the time is up. */
export function followAll(
  client: Pick<DemoClient, 'follow'>,
  orders: readonly ShownOrder[],
  terminal: Terminal,
  signal: AbortSignal,
): FollowedOrder[] {
  const rows = orders.map(({ order, title }): Row => ({ title, status: order.status, latest: 'accepted', seconds: 0 }));
  const board = createBoard(terminal);
  const draw = () => board(rows);
  draw();
  return orders.map(({ order }, index) => followOne(client, order, rows[index] as Row, draw, signal));
}

function followOne(
  client: Pick<DemoClient, 'follow'>,
  order: OrderResource,
  row: Row,
  draw: () => void,
  signal: AbortSignal,
): FollowedOrder {
  const waiting = new Map<OrderStatus, () => void>();
  const show = (words: string, status: OrderStatus, at: number) => {
    Object.assign(row, { status, latest: words, seconds: (at - Date.parse(order.createdAt)) / 1000 });
    draw();
    waiting.get(status)?.();
  };
  const follow = async () => {
    for await (const entry of client.follow(order.id, signal)) {
      show(entryInWords(entry), entry.status ?? row.status, Date.parse(entry.at));
    }
  };
  const ended = follow();
  ended.catch(() => undefined);
  return {
    ended,
    show: (words, status = row.status) => show(words, status, Date.now()),
    until: async (status) => {
      if (row.status === status) return;
      const reached = new Promise<true>((resolve) => waiting.set(status, () => resolve(true)));
      if ((await Promise.race([reached, ended])) === true) return;
      throw new DemoError(`the order was to become ${status}, and is ${row.status}`);
    },
  };
}
