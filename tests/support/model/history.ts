import type { temporal } from '@temporalio/proto';
import type { WorkflowHandle } from '@temporalio/client';

type Event = temporal.api.history.v1.IHistoryEvent;

export const readHistory = async (handle: WorkflowHandle): Promise<Event[]> =>
  (await handle.fetchHistory()).events ?? [];

/** Whether the run has come to its end. */
export const hasEnded = (events: readonly Event[]): boolean =>
  events.some(
    (event) => event.workflowExecutionCompletedEventAttributes ?? event.workflowExecutionTerminatedEventAttributes,
  );

/** Whether the workflow waits, for time to pass or to be told something: no task of it is under way, or to come. */
export function isWaiting(events: readonly Event[]): boolean {
  const asked = events.findLastIndex((event) => event.workflowTaskScheduledEventAttributes);
  return events
    .slice(asked + 1)
    .some(
      (event) =>
        event.workflowTaskCompletedEventAttributes ??
        event.workflowTaskFailedEventAttributes ??
        event.workflowTaskTimedOutEventAttributes,
    );
}

/** Whether a workflow task has ended that knows of a cancel from the UI. */
export function hasHeardOfCancel(events: readonly Event[]): boolean {
  const asked = events.findIndex((event) => event.workflowExecutionCancelRequestedEventAttributes);
  return hasEnded(events) || events.slice(asked + 1).some((event) => event.workflowTaskCompletedEventAttributes);
}

/** Whether the server has refused, or lost, the end of a workflow task. */
export const hasLostTask = (events: readonly Event[]): boolean =>
  events.some(
    (event, at) =>
      event.workflowTaskTimedOutEventAttributes ??
      (event.workflowTaskStartedEventAttributes && events[at + 1]?.workflowTaskScheduledEventAttributes),
  );

/** Why workflow tasks failed, which none may. */
export const failuresIn = (events: readonly Event[]): string[] =>
  events.flatMap((event) => {
    const { failure } = event.workflowTaskFailedEventAttributes ?? {};
    return failure?.message ? [`a workflow task failed: ${failure.message}`] : [];
  });
