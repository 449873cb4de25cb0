import { ApplicationFailure } from '@temporalio/workflow';
import type { GoCall, GoOutcome } from '../../activities/order/in-turn';
import { laterOf, type Call, type Name, type Result } from './calls';
import { causeOf } from './failures';

/** Under which name in the Temporal UI which calls are made in one go. */
const GOES = {
  'validateOrder reserveStock': 'validateAndReserve',
  'authorisePayment packParcel bookCarrier': 'authorisePackAndBook',
  'packParcel bookCarrier': 'packAndBook',
  'capturePayment handOver': 'captureAndHandOver',
} as const;

/** An activity that makes several calls. */
export type Go = (typeof GOES)[keyof typeof GOES];

/**
 * First tries that are made in one go. What came of the later calls waits here until their own steps are run, so that
 * the saga reads as if each were tried by itself.
 */
export class OneGo {
  readonly #ahead = new Map<string, GoOutcome>();

  /** What came of a call that was made in one go with one before it; undefined where it was not. */
  take<N extends Name>(call: Call<N>): Promise<Result<N>> | undefined {
    const outcome = this.#ahead.get(keyOf(call));
    this.#ahead.delete(keyOf(call));
    return outcome && answerOf(call, outcome);
  }

  /**
   * Makes a call and those that follow it.
   *
   * @param make - makes calls one after the other until one fails; resolves to what came of those that were made
   */
  async run<N extends Name>(
    call: Call<N>,
    make: (go: Go, summary: string, calls: GoCall[]) => Promise<GoOutcome[]>,
  ): Promise<Result<N>> {
    const later = laterOf(call);
    const summary = [call, ...later.map((next) => next.call)].map((each) => each.summary).join(', then: ');
    const calls = [goCall(call), ...later.map((next) => ({ ...goCall(next.call), when: next.when }))];
    try {
      const [own, ...others] = await make(goOf(calls), summary, calls);
      later.forEach((next, index) => {
        const outcome = others[index];
        if (outcome === undefined) next.unreached();
        else this.#ahead.set(keyOf(next.call), outcome);
      });
      return (own as { result: Result<N> }).result;
    } catch (error) {
      if (causeOf(error) instanceof ApplicationFailure) for (const { unreached } of later) unreached();
      throw error;
    }
  }
}

/** A step and its undo are calls of one name. */
const keyOf = ({ step, activity }: Call<Name>): string => `${activity} ${step}`;

function goOf(calls: readonly GoCall[]): Go {
  const names = calls.map(({ activity }) => activity).join(' ');
  if (names in GOES) return GOES[names as keyof typeof GOES];
  throw new Error(`no activity makes these calls in one go: ${names}`);
}

const goCall = ({ activity, input }: Call<Name>): GoCall => ({ activity, input });

async function answerOf<N extends Name>(call: Call<N>, outcome: GoOutcome): Promise<Result<N>> {
  if ('result' in outcome) return outcome.result as Result<N>;
  for (const { unreached } of laterOf(call)) unreached();
  throw ApplicationFailure.create(outcome.failure);
}
