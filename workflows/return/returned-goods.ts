import { upsertSearchAttributes } from '@temporalio/workflow';
import type { ReturnOrderInput, ReturnStanding } from '../../contracts/workflow/return';
import { searchAttributes } from '../../contracts/workflow/search-attributes';
import { format, type Money } from '../../domain/money';
import { hasReturnEnded, returnStatusTable, type ReturnStatus } from '../../domain/return-status';
import { refundOfReturn } from '../../domain/step-kinds';
import { goods } from '../order/headline';
import type { Input, Name, Result } from '../sdk/activities';
import type { Headline } from '../step/details';
import { StepGivenUp } from '../step/step';
import { stepTools } from '../step/tools';
import { ReturnDecisions, type Due } from './return-decisions';

/** What staff can decide in each status. */
const DUE: Partial<Record<ReturnStatus, readonly Due[]>> = {
  requested: ['authoriseReturn', 'rejectReturn'],
  authorised: ['receiveReturn'],
  received: ['inspectReturn'],
};

/** What happens next, and by whom. */
const NEXT: Partial<Record<ReturnStatus, (path: string) => string>> = {
  requested: (path) => `Staff decide: \`POST ${path}/authorise\` or \`POST ${path}/reject\`.`,
  authorised: (path) => `The goods come to the warehouse: \`POST ${path}/receive\`. Or the deadline passes.`,
  received: (path) => `The goods are inspected, and the refund is decided: \`POST ${path}/inspect\`.`,
  inspected: () => 'What was decided is refunded, and the return ends.',
};

const headlineOf = (returnId: string, status: ReturnStatus): Headline => ({
  status,
  meaning: returnStatusTable[status].meaning,
  next: hasReturnEnded(status) ? 'Nothing: the return has ended.' : (NEXT[status]?.(`/v1/returns/${returnId}`) ?? ''),
});

/** Goods on their way back: how their return stands, and what takes it on. */
export class ReturnedGoods {
  readonly #input: ReturnOrderInput;
  readonly #decisions: ReturnDecisions;
  readonly #tools: ReturnType<typeof stepTools>;
  #now: ReturnStanding;

  constructor(input: ReturnOrderInput) {
    const { orderId, returnId, lines, status, policy } = input;
    this.#input = input;
    this.#now = { status, awaitedMs: null, refund: null };
    const facts = [`${goods(lines)} of order \`${orderId}\``];
    this.#tools = stepTools({ orderId, policy, headline: headlineOf(returnId, status), facts });
    this.#decisions = new ReturnDecisions(lines, DUE[status] ?? []);
  }

  /** How the return stands, as far as this run knows. */
  get now(): Readonly<ReturnStanding> {
    return this.#now;
  }

  /** Asks the books how the return stands. */
  async ask(): Promise<void> {
    await this.#take('ask', 'Ask the books how the return stands', 'readReturn', this.#ref());
  }

  /** Takes the return from one status to the next: by staff's decision, by its deadline, or by its refund. */
  async advance(): Promise<void> {
    const { status, awaitedMs, refund } = this.#now;
    if (status === 'inspected') {
      if (refund !== null) await this.#refund(refund);
      return this.#take('end', 'End the return', 'finishReturn', this.#ref());
    }
    const deadline = { ms: awaitedMs ?? 0, summary: 'Wait for the goods until the deadline' };
    const taken = await this.#decisions.next(status === 'authorised' ? deadline : undefined);
    if (taken === 'news') return this.ask();
    if (taken?.to === 'inspected') {
      const input = { ...this.#ref(), inspection: taken.inspection };
      return this.#take('inspect', 'Book what came back, and decide the refund', 'inspectReturn', input);
    }
    const move = taken ?? ({ to: 'expired' } as const);
    const input = { ...this.#ref(), ...move, awaitMs: this.#input.policy.returnMs };
    await this.#take(move.to, `Record that the return is ${move.to}`, 'moveReturn', input);
  }

  /** Resolves when nothing is written beside the return any more. */
  settled(): Promise<void> {
    return this.#tools.stuck.settled();
  }

  /** A refused refund is retried, or written off, when a person says so. */
  async #refund(amount: Money): Promise<void> {
    const { orderId, returnId, policy } = this.#input;
    const step = refundOfReturn(returnId);
    const limits = { partyTimeoutMs: policy.partyTimeoutMs, patienceMs: policy.patienceMs };
    const input = { orderId, limits, step, amount, cause: 'return' as const, returnId };
    const says = `Refund ${format(amount)}`;
    try {
      await this.#tools.runner.run({ id: step, says, run: ['refundPayment', input], mustSucceed: true });
    } catch (error) {
      if (!(error instanceof StepGivenUp)) throw error;
      this.#tools.story.tell(`Written off: ${format(amount)} that the customer was to get back`);
    }
  }

  async #take<N extends StandingActivity>(what: string, says: string, activity: N, input: Input<N>): Promise<void> {
    const id = { kind: 'move-return', subject: `${this.#input.returnId}/${what}` } as const;
    const run = [activity, input] as readonly [N, Input<N>];
    const standing = (await this.#tools.runner.run<Name>({ id, says, run })) as Result<StandingActivity>;
    if (standing.status !== this.#now.status) {
      upsertSearchAttributes([{ key: searchAttributes.returnStatus, value: standing.status }]);
    }
    this.#now = standing;
    this.#decisions.expect(DUE[standing.status] ?? []);
    this.#tools.story.stands(headlineOf(this.#input.returnId, standing.status));
  }

  #ref() {
    return { orderId: this.#input.orderId, returnId: this.#input.returnId };
  }
}

/** The activities that return how a return stands. */
type StandingActivity = 'readReturn' | 'moveReturn' | 'inspectReturn' | 'finishReturn';
