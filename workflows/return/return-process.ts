import { condition } from '@temporalio/workflow';
import type { Money } from '../../contracts/http/money';
import type { ReturnOrderInput, ReturnStanding } from '../../contracts/workflow/return';
import type { Actor } from '../../contracts/workflow/order';
import { failureTypes } from '../../contracts/failures';
import { format } from '../../domain/money';
import type { ReturnStatus } from '../../domain/return-status';
import { steps } from '../../domain/steps';
import { callerFor, callQuietly, type Caller } from '../sdk/activity-proxies';
import type { Input, Name, Result } from '../sdk/calls';
import { failureTypeOf, whyOf } from '../sdk/failures';
import { ReturnDecisions, type Due } from './return-decisions';
import { ReturnStory } from './return-story';

/** What staff can decide in each status. */
const DUE: Partial<Record<ReturnStatus, readonly Due[]>> = {
  requested: ['authorise', 'reject'],
  authorised: ['receive'],
  received: ['inspect'],
};

/** The statuses of which the customer is told. */
const TOLD: readonly ReturnStatus[] = ['authorised', 'rejected', 'refunded', 'closed'];

/** The steps of one return. */
export class ReturnProcess {
  readonly #input: ReturnOrderInput;
  readonly #caller: Caller;
  readonly #story: ReturnStory;
  readonly #decisions: ReturnDecisions;
  readonly #beside: Promise<unknown>[] = [];

  constructor(input: ReturnOrderInput) {
    this.#input = input;
    this.#caller = callerFor(input.policy);
    this.#story = new ReturnStory(input);
    this.#decisions = new ReturnDecisions(input.lines, DUE[input.status] ?? []);
  }

  async takeUp(): Promise<ReturnStanding> {
    const summary = 'Read from the books how the return stands';
    const standing = await this.#step('take-up', summary, 'takeUpReturn', this.#ref());
    return this.#stands(standing);
  }

  /** Takes the return from one status to the next. */
  async advance(standing: ReturnStanding): Promise<ReturnStanding> {
    const next = standing.status === 'inspected' ? this.#refundAndEnd(standing) : this.#decided(standing);
    return this.#stands(await next);
  }

  /** Resolves when nothing runs beside the return any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#beside);
  }

  #stands(standing: ReturnStanding): ReturnStanding {
    this.#decisions.expect(DUE[standing.status] ?? []);
    this.#story.stands(standing);
    if (TOLD.includes(standing.status)) this.#sendMessages();
    return standing;
  }

  /** Waits for staff's decision, or for the deadline of an authorised return, and carries it out. */
  async #decided({ status, awaitedMs }: ReturnStanding): Promise<ReturnStanding> {
    const deadline = { ms: awaitedMs ?? 0, summary: 'The goods are awaited until then' };
    const taken = await this.#decisions.next(status === 'authorised' ? deadline : undefined);
    if (taken?.to === 'inspected') {
      const input = { ...this.#ref(), inspection: taken.inspection };
      return this.#step('inspect', 'Book what came back, and decide the refund', 'inspectReturn', input);
    }
    const move = taken ?? { to: 'expired' };
    const input = { ...this.#ref(), ...move, awaitMs: this.#input.policy.returnMs };
    return this.#step(move.to, `Write that the return is ${move.to}`, 'moveReturn', input);
  }

  async #refundAndEnd({ refund }: ReturnStanding): Promise<ReturnStanding> {
    if (refund !== null) await this.#refund(refund);
    return this.#step('end', 'End the return', 'finishReturn', this.#ref());
  }

  /** A refused refund is asked for again, or written off, when a person says so, who has tried to settle it. */
  async #refund(amount: Money): Promise<void> {
    const { orderId, returnId } = this.#input;
    const refund = steps.return(returnId);
    let decidedBy: Actor | undefined;
    for (;;) {
      const input = { ...this.#order(), refund, amount, cause: 'return' as const, returnId, decidedBy };
      try {
        await this.#step(steps.refund(refund), `Refund ${format(amount)} of ${orderId}`, 'refundPayment', input);
        return;
      } catch (error) {
        if (failureTypeOf(error) !== failureTypes.refused) throw error;
        this.#story.raise(steps.refund(refund), whyOf(error), howToSettle(returnId));
        const { by, decision } = await this.#decisions.untilSettled();
        this.#story.lower();
        if (by === 'write-off') {
          const input = { orderId, refund, amount, decision: { actor: decision.actor, noteId: decision.noteId } };
          await this.#step('write-off', `Write ${format(amount)} off`, 'writeOffRefund', input);
          return;
        }
        decidedBy = decision.actor;
      }
    }
  }

  /** Sends the messages that the books owe, beside the return: neither waited for nor able to fail it. */
  #sendMessages(): void {
    const summary = 'Send messages to the customer';
    const call = {
      step: `messages-${this.#beside.length}`,
      summary,
      activity: 'sendMessages',
      input: this.#order(),
    } as const;
    this.#beside.push(callQuietly(this.#caller, call).catch(() => undefined));
  }

  /** Calls an activity until it succeeds or is refused; one that takes too long calls a person. */
  async #step<N extends Name>(step: string, summary: string, activity: N, input: Input<N>): Promise<Result<N>> {
    let ended = false;
    const result = callQuietly(this.#caller, { step, summary, activity, input }).finally(() => (ended = true));
    result.catch(() => undefined);
    const calls = { summary: 'Call a person if it takes longer' };
    if (!(await condition(() => ended, this.#input.policy.attentionAfterMs, calls))) {
      const what = 'The tab Pending Activities shows its last error. Mend the cause: it is tried again by itself.';
      this.#story.raise(step, 'it keeps failing', what);
    }
    try {
      return await result;
    } catch (error) {
      if (failureTypeOf(error) === failureTypes.refused) throw error;
      throw new Error('a step failed in a way that no rule foresees', { cause: error });
    } finally {
      this.#story.lower();
    }
  }

  #ref() {
    return { orderId: this.#input.orderId, returnId: this.#input.returnId };
  }

  #order() {
    const { partyTimeoutMs, patienceMs } = this.#input.policy;
    return { orderId: this.#input.orderId, limits: { partyTimeoutMs, patienceMs } };
  }
}

const howToSettle = (returnId: string): string =>
  `Settle it with the provider, then have it asked again: \`POST /v1/returns/${returnId}/retry-refund\`; where the ` +
  `provider never will, write it off: \`POST /v1/returns/${returnId}/write-off-refund\`.`;
