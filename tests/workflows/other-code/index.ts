import { proxyActivities } from '@temporalio/workflow';

const { callTheCustomer } = proxyActivities<{ callTheCustomer(): Promise<void> }>({
  taskQueue: 'of-nobody',
  startToCloseTimeout: '1 hour',
});

/** A release that forgot the orders under way: its `fulfilOrder` takes another way from the first step on. */
export const fulfilOrder = (): Promise<void> => callTheCustomer();
