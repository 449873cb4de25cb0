import { z } from 'zod';
import { stuckActions } from '../../domain/step-kinds';

// A workflow's isolate allows no code that is made at run time.
z.config({ jitless: true });

const ACTOR_TYPES = ['customer', 'support', 'admin'] as const;
const identifier = z.string('must be text').min(1, 'must not be empty').max(128, 'must have at most 128 characters');

/** Who decided. Left out by people who send an Update from the Temporal UI, because only Temporal knows them. */
const actor = z.strictObject(
  { type: z.enum(ACTOR_TYPES, `must be one of ${ACTOR_TYPES.join(', ')}`), id: identifier },
  'must be { "type", "id" }',
);

/** What a person adds to a decision: a note of our books by its id, or, from the Temporal UI, its text. */
const decided = {
  actor: actor.default({ type: 'support', id: 'temporal-ui' }),
  noteId: identifier.nullable().default(null),
  note: z.string('must be text').max(500, 'must have at most 500 characters').optional(),
};

const oneOf = <const Values extends readonly [string, ...string[]]>(values: Values) =>
  z.enum(values, `must be one of ${values.join(', ')}`);

/** A decision that says no more than who took it. */
export const decision = z.strictObject(decided, 'must be an object, such as { "note": "…" }');
export const reviewDecision = z.strictObject(
  { ...decided, decision: oneOf(['approve', 'reject']) },
  'must be an object, such as { "decision": "approve" }',
);
export const stuckResolution = z.strictObject(
  {
    ...decided,
    step: z.string('must be the name of a stuck step').min(1, 'must be the name of a stuck step'),
    action: oneOf(stuckActions),
  },
  'must be an object, such as { "step": "hand-over", "action": "retry" }',
);

const units = z.int('must be a whole number').min(0, 'must be at least 0');

/** What an inspection found of one sku: units that came back and are sold again, and those that are not. */
const inspectedLine = z.strictObject(
  {
    sku: identifier,
    restocked: units,
    writtenOff: units,
    /** The warehouse that takes the restocked units onto its shelf; null if none are. */
    warehouse: identifier.nullable(),
  },
  'must be { "sku", "restocked", "writtenOff", "warehouse" }',
);

/** An inspection with its decision: what is refunded at most, or null for all that the units are worth. */
export const returnInspection = z.strictObject(
  {
    ...decided,
    lines: z.array(inspectedLine, 'must be a list of { "sku", "restocked", "writtenOff", "warehouse" }'),
    refund: z
      .strictObject(
        { amount: units, currency: z.string('must be a currency code') },
        'must be { "amount", "currency" }, or null for all that the units are worth',
      )
      .nullable(),
  },
  'must be an object with "lines" and "refund"',
);

export type Decision = z.output<typeof decision>;
export type ReviewDecision = z.output<typeof reviewDecision>;
export type StuckResolution = z.output<typeof stuckResolution>;
export type InspectedLine = z.output<typeof inspectedLine>;
export type ReturnInspection = z.output<typeof returnInspection>;

/**
 * Every Update: the schema of its payload, and what it does, as the Temporal UI shows it. Each is refused, and leaves no
 * trace in the history, if its payload or the moment is wrong.
 */
export const updates = {
  cancelOrder: { payload: decision, says: 'Cancels the order, until its payment is captured. Payload: { "note"? }' },
  decideReview: {
    payload: reviewDecision,
    says: 'Approves or rejects an order in review. Payload: { "decision": "approve" | "reject", "note"? }',
  },
  resolveStuckStep: {
    payload: stuckResolution,
    says: 'Frees a stuck step. Payload: { "step", "action": "retry" | "skip" | "refund", "note"? }',
  },
  authoriseReturn: { payload: decision, says: 'Lets the goods be sent back. Payload: { "note"? }' },
  rejectReturn: { payload: decision, says: 'Refuses the return. Payload: { "note"? }' },
  receiveReturn: { payload: decision, says: 'Records that the goods are at the warehouse. Payload: { "note"? }' },
  inspectReturn: {
    payload: returnInspection,
    says: 'Records what came back, and decides the refund. Payload: { "lines": [{ "sku", "restocked", "writtenOff", "warehouse" }], "refund": { "amount", "currency" } | null, "note"? }',
  },
} as const;

export type UpdateName = keyof typeof updates;

/** What the workflow takes for an Update once its payload is checked. */
export type UpdatePayload<Name extends UpdateName> = z.output<(typeof updates)[Name]['payload']>;

/** Why an Update was refused: the `type` of its `ApplicationFailure`. */
export const refusals = {
  /** The payload is not what the Update takes; details: `[{ field }]`. */
  invalid: 'InvalidPayload',
  /** It is not the time for it; details: `[{ field }]`. */
  notDue: 'NotDue',
  /** The order is being undone already. */
  alreadyCancelling: 'AlreadyCancelling',
  /** The payment is captured, or about to be. */
  tooLate: 'TooLate',
  /** The workflow does not know yet how the order stands; ask again in a moment. */
  notReady: 'NotReady',
} as const;
