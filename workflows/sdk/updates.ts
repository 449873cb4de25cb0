import { ApplicationFailure, defineUpdate, setHandler } from '@temporalio/workflow';
import { refusals, updates, type UpdateName, type UpdatePayload } from '../../contracts/workflow/decisions';

interface UpdateHandler<Name extends UpdateName, Answer> {
  /** Throws an ApplicationFailure that says what would be right, if it is not the time for it. */
  check(payload: UpdatePayload<Name>): void;
  /** Only records what was decided; never waits. */
  take(payload: UpdatePayload<Name>): Answer;
}

/**
 * Takes an Update of people's. Its payload is checked before anything else: what is refused leaves no trace in the
 * history, and nothing that a person can send fails a workflow task.
 */
export function onUpdate<Name extends UpdateName, Answer>(name: Name, handler: UpdateHandler<Name, Answer>): void {
  const { says } = updates[name];
  setHandler(defineUpdate<Answer, [unknown]>(name), (raw) => handler.take(parsed(name, raw)), {
    description: says,
    validator: (raw: unknown) => handler.check(parsed(name, raw)),
  });
}

function parsed<Name extends UpdateName>(name: Name, raw: unknown): UpdatePayload<Name> {
  const { payload, says } = updates[name];
  const result = payload.safeParse(raw === undefined ? {} : raw);
  if (result.success) return result.data as UpdatePayload<Name>;
  const [first] = result.error.issues;
  const field = fieldOf(first?.path ?? []);
  const unknown = first?.code === 'unrecognized_keys' ? first.keys.join(', ').slice(0, MOST_OF_A_NAME) : undefined;
  const wrong =
    unknown === undefined ? `${field || 'the payload'} ${first?.message ?? 'is wrong'}` : `${unknown} is unknown`;
  const message = `${name} was refused: ${wrong}. ${says}`;
  throw ApplicationFailure.create({
    type: refusals.invalid,
    message,
    nonRetryable: true,
    details: [{ field: unknown ?? field }],
  });
}

/** A person may send any name, also one that fills the Temporal UI. */
const MOST_OF_A_NAME = 128;

/** Where a field stands in a payload, such as `lines[0].sku`. */
const fieldOf = (path: readonly PropertyKey[]): string =>
  path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
