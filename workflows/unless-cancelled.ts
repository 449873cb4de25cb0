import { CancellationScope } from '@temporalio/workflow';

/**
 * Waits for a local activity unless the current scope is cancelled; then it goes on by itself, and nobody hears its end.
 *
 * It is not told of the cancellation: to cancel a local activity that has just ended, of which the workflow has not heard
 * yet, is an invalid transition to the SDK's core. That fails the workflow task, and with it is lost what the others of
 * the same task have answered.
 *
 * @param run - resolves at the activity's turn, so that replayed it is too late for one that was cancelled before
 */
export function unlessCancelled<T>(run: () => Promise<T>): Promise<T> {
  const scope = CancellationScope.current();
  // A scope that cannot be cancelled hears of a request all the same.
  if (!scope.cancellable) return run();
  if (scope.consideredCancelled) return scope.cancelRequested;
  return Promise.race([CancellationScope.nonCancellable(run), scope.cancelRequested]);
}
