import { z } from 'zod';

const TYPE_PREFIX = 'urn:consign:problem:';

interface KindOfProblem {
  status: number;
  title: string;
  /** The headers that come with it always. */
  headers?: readonly string[];
  /** The members of its document besides those of RFC 9457. */
  members?: z.ZodRawShape;
}

const partState = z.enum(['up', 'down']);

/** Every kind of problem that the API answers with; the key ends its stable `type`, on which clients branch. */
export const problemKinds = {
  'malformed-request': { status: 400, title: 'The request cannot be read' },
  'validation-failed': { status: 400, title: 'The request is not valid' },
  unauthenticated: { status: 401, title: 'A valid bearer token is needed', headers: ['WWW-Authenticate'] },
  forbidden: { status: 403, title: 'Not allowed for this token' },
  'not-found': { status: 404, title: 'Not found' },
  'method-not-allowed': { status: 405, title: 'The method is not allowed here', headers: ['Allow'] },
  'request-timeout': { status: 408, title: 'The request took too long to arrive' },
  'request-in-progress': {
    status: 409,
    title: 'An equal request is in progress',
    headers: ['Retry-After'],
  },
  'too-late-to-cancel': {
    status: 409,
    title: 'The order can no longer be cancelled',
    members: { outcome: z.literal('too_late'), links: z.record(z.string(), z.string()) },
  },
  'not-in-review': { status: 409, title: 'The order does not wait for a review' },
  'step-not-stuck': { status: 409, title: 'This action does not apply to this step' },
  'order-not-delivered': { status: 409, title: 'The order is not delivered' },
  'not-returnable': { status: 409, title: 'More is to be returned than is left to return' },
  'return-decision-not-due': { status: 409, title: 'This decision does not apply to this return now' },
  'stock-reserved': { status: 409, title: 'More units are reserved than would be on hand' },
  'payload-too-large': { status: 413, title: 'The body is too large' },
  'unsupported-media-type': { status: 415, title: 'The body has an unsupported type' },
  'expectation-failed': { status: 417, title: 'The expectation cannot be met' },
  'idempotency-key-reused': { status: 422, title: 'The idempotency key was used for another request' },
  'too-many-requests': {
    status: 429,
    title: 'More than a fair share was asked for',
    headers: ['Retry-After'],
  },
  'headers-too-large': { status: 431, title: 'The headers are too large' },
  'internal-error': { status: 500, title: 'Something went wrong on our side' },
  unavailable: {
    status: 503,
    title: 'Not available right now',
    headers: ['Retry-After'],
    members: {
      database: partState.optional().describe('Of `/readyz` alone'),
      temporal: partState.optional().describe('Of `/readyz` alone'),
    },
  },
} as const satisfies Record<string, KindOfProblem>;

export type ProblemKind = keyof typeof problemKinds;

/** A kind of problem with what only some kinds have. */
export const kindOf = (kind: ProblemKind): KindOfProblem => problemKinds[kind];

const fieldError = z.strictObject({ field: z.string(), message: z.string() });

/** A bad field: where it is (`lines[0].quantity`, a parameter's or a header's name) and what would be right. */
export type FieldError = z.infer<typeof fieldError>;

const typeOf = (kind: string): string => `${TYPE_PREFIX}${kind}`;

/** An RFC 9457 problem document. */
export const problemDocument = z.looseObject({
  type: z.enum(Object.keys(problemKinds).map(typeOf)),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  instance: z.string(),
  errors: z.array(fieldError).optional(),
});

export type ProblemDocument = z.infer<typeof problemDocument>;

/** The document of one kind of problem, with the members that only it has. */
export const documentOf = (kind: ProblemKind) =>
  z.strictObject({
    ...problemDocument.shape,
    type: z.literal(typeOf(kind)),
    status: z.literal(kindOf(kind).status),
    ...kindOf(kind).members,
  });

interface ProblemExtras {
  errors?: FieldError[];
  /** Headers of the answer, such as `Retry-After`. */
  headers?: Record<string, string>;
  /** Other members of the document. */
  members?: Record<string, unknown>;
}

/** Thrown to answer with a problem; `detail` is shown to the caller, so it holds nothing internal. */
export class Problem extends Error {
  override readonly name = 'Problem';

  constructor(
    readonly kind: ProblemKind,
    readonly detail: string,
    readonly extras: ProblemExtras = {},
  ) {
    super(detail);
  }

  get status(): number {
    return problemKinds[this.kind].status;
  }

  /** The document for the request to the path `instance`. */
  document(instance: string): ProblemDocument {
    const { status, title } = problemKinds[this.kind];
    const { errors, members } = this.extras;
    const base = { type: typeOf(this.kind), title, status, detail: this.detail, instance };
    return { ...base, ...(errors && { errors }), ...members };
  }
}

const MAX_ERRORS = 100;

/** The problem of a request with bad fields. At most 100 are named. */
export function invalid(errors: FieldError[]): Problem {
  const named = errors.slice(0, MAX_ERRORS);
  const [first] = named;
  const detail =
    errors.length === 1 && first ? `${first.field} ${first.message}` : `${errors.length} fields are not valid`;
  return new Problem('validation-failed', detail, { errors: named });
}

/** The problem of something that is not there, or not there for this caller: both look the same. */
export const notFound = (what: string): Problem => new Problem('not-found', `there is no such ${what}`);

/** The problem of a part of ours that cannot be reached; `retryAfterS` is when to ask again, in seconds. */
export const unavailable = (detail: string, members: Record<string, unknown> = {}, retryAfterS = 5): Problem =>
  new Problem('unavailable', detail, { headers: { 'Retry-After': String(retryAfterS) }, members });
