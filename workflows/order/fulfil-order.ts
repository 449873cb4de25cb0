import { allHandlersFinished, CancellationScope, condition } from '@temporalio/workflow';
import type { FulfilOrderInput, FulfilOrderResult } from '../../contracts/workflow/order';
import { Stopped } from './decisions';
import { inTurn } from './in-turn';
import { Order } from './order';
import {
  authorisePayment,
  capture,
  handOver,
  packAndBook,
  refundWhatDoesNotShip,
  reserveStock,
  validate,
  waitForCarriers,
} from './steps';
import { undo } from './undo';

/**
 * Takes one accepted order to its delivery, or puts everything back: one workflow from acceptance to rest.
 *
 * The books (our database) decide which way the order goes: `to_capture`, `to_delivery`, `back` or `closed`. Whatever
 * stops a way (a refused step, an outage, a deadline, a cancel, news in the books, a lost run), the books are asked once,
 * and the order follows their answer. Every business outcome, a rejection too, completes the run; a bug of ours fails the
 * workflow task, and a fixed release resumes it.
 *
 * Each step is a file in `steps/`, where it carries its undo beside it: `steps/pack-and-book.ts` books a carrier and says
 * what cancels it.
 */
export async function fulfilOrder(input: FulfilOrderInput): Promise<FulfilOrderResult> {
  const root = CancellationScope.current();
  return CancellationScope.nonCancellable(async () => {
    // A cancel of the root, from the Temporal UI, is a decision like any other.
    const order = new Order(input, root);
    if (input.recover) await recover(order);
    while (order.now.direction !== 'closed') {
      try {
        await ways[order.now.direction](order);
      } catch (error) {
        // A declined payment, for one: the books fence the order, and the way is `back`. Throws on what is a bug.
        await order.stop(error);
      }
    }
    await order.settled();
    await condition(allHandlersFinished);
    return order.result;
  });
}

const ways = { to_capture: toCapture, to_delivery: toDelivery, back };

/** An earlier run was lost. If it was terminated, its order is undone unless it is captured; otherwise it goes on. */
async function recover(order: Order): Promise<void> {
  await (order.input.interrupted ? order.stop(new Stopped('interrupted')) : order.askBooks());
}

/** Takes the order to its captured payment, the pivot. Only steps that are due are taken: the books may know some. */
async function toCapture(order: Order): Promise<void> {
  await order.decisions.untilCancelled(async () => {
    // In a second leg, because no carrier took the parcels: the goods of the first go back before the next attempt.
    await undo(order, order.now.undo);
    await waitForCarriers(order);
    await inTurn(order, validate, reserveStock, authorisePayment, packAndBook);
  });
  // From this line on a cancel is too late.
  order.decisions.enter('too late');
  // Once captured, the direction is `to_delivery`. The hand-over follows at once, in the same trip to the worker.
  await inTurn(order, capture, handOver);
}

/** Takes a captured order to its delivery: forward only, unless nothing of it can ship. */
async function toDelivery(order: Order): Promise<void> {
  await refundWhatDoesNotShip(order);
  await inTurn(order, handOver);
  // Carriers' scans are recorded in the books, which have news when the last parcel is delivered.
  await order.waitForNews();
}

/** Undoes the order, goods and money side by side; what was captured is refunded. Then the books close it. */
async function back(order: Order): Promise<void> {
  await Promise.all([undo(order, order.now.undo), refundWhatDoesNotShip(order)]);
  await order.askBooks();
}
