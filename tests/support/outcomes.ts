import type { Expected } from './cells';

type Effects = Pick<Expected, 'payments' | 'packs' | 'labels'>;

/** Nothing was done at any party. */
export const NOTHING: Effects = { payments: [], packs: [], labels: [] };

/** An order that goes well; one parcel, from BER, with the first carrier. */
export const DELIVERED = {
  status: 'delivered',
  payments: ['authorise', 'capture'],
  packs: ['pack'],
  labels: ['nordpost book', 'nordpost hand_over'],
  messages: ['order-confirmed', 'order-shipped', 'order-delivered'],
} satisfies Expected;

/** The steps before the pivot, in their order. */
export const BEFORE_PIVOT = ['reserve', 'authorise', 'pack', 'book'] as const;

/** What an order leaves behind of which the first `count` steps took place, each of which was undone. */
export const undoneAfter = (count: number): Effects => ({
  payments: count > 1 ? ['authorise', 'void'] : [],
  packs: count > 2 ? ['pack', 'return_to_shelf'] : [],
  labels: count > 3 ? ['nordpost book', 'nordpost cancel'] : [],
});
