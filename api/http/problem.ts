import { z } from 'zod';

const TYPE_PREFIX = 'urn:consign:problem:';

/** Every kind of problem that the API answers with; the key ends its stable `type`, on which clients branch. */
export const problemKinds = {
  'malformed-request': { status: 400, title: 'The request cannot be read' },
  'validation-failed': { status: 400, title: 'The request is not valid' },
  unauthenticated: { status: 401, title: 'A valid bearer token is needed' },
  forbidden: { status: 403, title: 'Not allowed for this token' },
  'not-found': { status: 404, title: 'Not found' },
  'method-not-allowed': { status: 405, title: 'The method is not allowed here' },
  'request-in-progress': { status: 409, title: 'An equal request is in progress' },
  'too-late-to-cancel': { status: 409, title: 'The order can no longer be cancelled' },
  'not-in-review': { status: 409, title: 'The order does not wait for a review' },
  'step-not-stuck': { status: 409, title: 'This action does not apply to this step' },
  'order-not-delivered': { status: 409, title: 'The order is not delivered' },
  'not-returnable': { status: 409, title: 'More is to be returned than is left to return' },
  'return-decision-not-due': { status: 409, title: 'This decision does not apply to this return now' },
  'stock-reserved': { status: 409, title: 'More units are reserved than would be on hand' },
  'payload-too-large': { status: 413, title: 'The body is too large' },
  'unsupported-media-type': { status: 415, title: 'The body has an unsupported type' },
  'idempotency-key-reused': { status: 422, title: 'The idempotency key was used for another request' },
  'internal-error': { status: 500, title: 'Something went wrong on our side' },
  unavailable: { status: 503, title: 'Not available right now' },
} as const;

export type ProblemKind = keyof typeof problemKinds;

const fieldError = z.strictObject({ field: z.string(), message: z.string() });

/** A bad field: where it is (`lines[0].quantity`, a parameter's or a header's name) and what would be right. */
export type FieldError = z.infer<typeof fieldError>;

/** An RFC 9457 problem document. */
export const problemDocument = z.looseObject({
  type: z.enum(Object.keys(problemKinds).map((kind) => `${TYPE_PREFIX}${kind}`)),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  instance: z.string(),
  errors: z.array(fieldError).optional(),
});

export type ProblemDocument = z.infer<typeof problemDocument>;

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
    const base = { type: `${TYPE_PREFIX}${this.kind}`, title, status, detail: this.detail, instance };
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
