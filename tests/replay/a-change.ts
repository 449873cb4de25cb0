import {
  condition,
  defineSignal,
  deprecatePatch,
  patched,
  proxyLocalActivities,
  setHandler,
} from '@temporalio/workflow';

/** Wakes an order of this file. */
export const goOn = defineSignal('goOn');

const { pack, weigh, handOver } = proxyLocalActivities<Record<'pack' | 'weigh' | 'handOver', () => Promise<void>>>({
  startToCloseTimeout: '10 s',
});

/** An order before the change: packed, it waits, then it is handed over. */
export async function before(): Promise<void> {
  await pack();
  await untilWoken();
  await handOver();
}

/** The change as one would write it at first: a parcel is weighed when it is packed. */
export async function changed(): Promise<void> {
  await pack();
  await weigh();
  await untilWoken();
  await handOver();
}

/** The change as an order under way can live with: one that was packed before goes the old way to its end. */
export async function changedWithPatch(): Promise<void> {
  await pack();
  if (patched('weigh-parcels')) await weigh();
  await untilWoken();
  await handOver();
}

/** The change once no order of before is open any more: the old way is gone from the code. */
export async function changedForAll(): Promise<void> {
  await pack();
  deprecatePatch('weigh-parcels');
  await weigh();
  await untilWoken();
  await handOver();
}

async function untilWoken(): Promise<void> {
  let woken = false;
  setHandler(goOn, () => {
    woken = true;
  });
  await condition(() => woken);
}
