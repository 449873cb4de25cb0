import { setTimeout as sleep } from 'node:timers/promises';
import type { Reason } from '../../contracts/failures';
import type { faultKinds, sandboxOperations, SandboxOperation, SandboxPort } from '../../contracts/http/sandbox';
import { Prisma } from '../../infra/database/generated/client';
import type { Database } from '../../infra/database/client';
import { PartyFault, PartyRefused, type OrderRef } from '../ports';

/** How often a call on `hold` looks whether the list of faults was replaced, in milliseconds. */
const HOLD_POLL_MS = 100;

/** What a refused operation gives as its reason; if no code fits an undo, the one of its forward operation. */
const refusals: Record<SandboxOperation, Reason> = {
  screen: 'screening_refused',
  reserve: 'out_of_stock',
  release: 'out_of_stock',
  authorise: 'payment_declined',
  capture: 'payment_declined',
  void: 'payment_declined',
  refund: 'payment_declined',
  pack: 'packing_refused',
  return_to_shelf: 'packing_refused',
  book: 'no_carrier',
  cancel: 'no_carrier',
  hand_over: 'no_carrier',
  send: 'party_unavailable',
};

type Operation = { [P in SandboxPort]: { port: P; operation: (typeof sandboxOperations)[P][number] } }[SandboxPort];

/** A call as the script of faults sees it. */
export type ScriptedCall = Operation & { order: OrderRef; carrier?: string };

interface ClaimedFault {
  kind: (typeof faultKinds)[number];
  delayMs: number | null;
  generation: bigint;
}

/** The name of the party that a call goes to, as it stands in the books. */
export const partyOf = ({ port, carrier }: ScriptedCall): string =>
  carrier === undefined ? port : `${port}/${carrier}`;

/** The faults that may strike a call, as a condition on the rows of the script. */
function matching({ port, operation, order, carrier }: ScriptedCall): Prisma.Sql {
  const { orderId, clientReference, customerId } = order;
  const facts = JSON.stringify({ orderId, clientReference, customerId, carrier });
  return Prisma.sql`port = ${port} AND operation = ${operation} AND match <@ ${facts}::jsonb
    AND (remaining IS NULL OR remaining > 0)`;
}

/** The condition that no fault may strike a call; a statement that writes under it meets one list of faults as a whole. */
export const noFault = (call: ScriptedCall): Prisma.Sql =>
  Prisma.sql`NOT EXISTS (SELECT FROM sandbox.fault WHERE ${matching(call)})`;

/** The scripted faults, kept in the database and so shared by every process of the deployment. */
export class FaultScript {
  private nextGeneration: Promise<bigint> | undefined;

  constructor(private readonly database: Database) {}

  /**
   * Performs an effect under the script: the first fault that matches the call strikes, before the party looks at its
   * idempotency key. After `slow` and `hold` the effect takes place even if nobody waits for it any more, as it would
   * at a remote party. An error of the effect itself passes untouched.
   *
   * @throws PartyRefused for `refuse`; PartyFault for `unavailable` and `effect_then_timeout`
   */
  async around<T>(call: ScriptedCall, effect: () => Promise<T>): Promise<T> {
    const fault = await this.claim(call);
    if (fault === undefined) return effect();
    const what = `${call.operation} for ${call.order.orderId}`;
    switch (fault.kind) {
      case 'refuse':
        throw new PartyRefused(partyOf(call), refusals[call.operation], `scripted fault: ${what} refused`);
      case 'unavailable':
        throw new PartyFault(partyOf(call), `scripted fault: not available to ${what}`);
      case 'effect_then_timeout':
        await effect();
        throw new PartyFault(partyOf(call), `scripted fault: the answer to ${what} was lost`);
      case 'slow':
        await sleep(fault.delayMs ?? 0);
        return effect();
      case 'hold':
        await this.replacedSince(fault.generation);
        return effect();
    }
  }

  /** Counts one strike of the first fault that matches; one statement, which writes nothing if none does. */
  private async claim(call: ScriptedCall): Promise<ClaimedFault | undefined> {
    const [fault] = await this.database.sql.query<ClaimedFault>`
      UPDATE sandbox.fault SET remaining = remaining - 1
      WHERE id = (SELECT id FROM sandbox.fault WHERE ${matching(call)} ORDER BY id LIMIT 1 FOR UPDATE)
      RETURNING kind, delay_ms AS "delayMs", (SELECT generation FROM sandbox.script) AS generation`;
    return fault;
  }

  /** Resolves once the list was replaced after `generation`; the calls on hold in one process share one poll. */
  private async replacedSince(generation: bigint): Promise<void> {
    let current: bigint;
    do {
      this.nextGeneration ??= this.readGenerationSoon().finally(() => (this.nextGeneration = undefined));
      current = await this.nextGeneration;
    } while (current <= generation);
  }

  private async readGenerationSoon(): Promise<bigint> {
    await sleep(HOLD_POLL_MS);
    const { generation } = await this.database.sandboxScript.findUniqueOrThrow({ where: { id: 1 } });
    return generation;
  }
}
