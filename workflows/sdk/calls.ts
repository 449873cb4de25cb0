import type { FulfilmentActivities } from '../../activities';

/** The name of an activity. */
export type Name = keyof FulfilmentActivities;
/** What an activity takes. */
export type Input<N extends Name> = Parameters<FulfilmentActivities[N]>[0];
/** What an activity resolves to. */
export type Result<N extends Name> = FulfilmentActivities[N] extends (...input: never) => Promise<infer R> ? R : never;

/** One call of an activity. */
export interface Call<N extends Name> {
  /** What it is for; names its tries in the Temporal UI and in the API. */
  step: string;
  /** Says in the Temporal UI what it does. */
  summary: string;
  activity: N;
  input: Input<N>;
  /** What is first tried in one go with it. */
  next?: Next;
}

/** A call that follows another with nothing between them, where that one succeeds. */
export interface Next {
  call: Call<Name>;
  /** What the answer to the call before it must say; left out where any will do. */
  when?: Readonly<Record<string, string>>;
  /** Hears that it was not called, since one before it failed or gave another answer. */
  unreached: () => void;
}

/** Those that follow a call, each the one before it. */
export const laterOf = (call: Call<Name>): Next[] =>
  call.next === undefined ? [] : [call.next, ...laterOf(call.next.call)];
