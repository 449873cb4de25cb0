import { documentOf, kindOf, type ProblemKind } from './problem';
import { schemaOf } from './schema';

type Json = Record<string, unknown>;

const headers: Readonly<Record<string, Json>> = {
  'Retry-After': { description: 'When to ask again, in seconds', schema: { type: 'string', pattern: '^[0-9]+$' } },
  Allow: { description: 'The methods that are allowed here', schema: { type: 'string' } },
  'WWW-Authenticate': { description: 'Why the token is not accepted', schema: { type: 'string' } },
};

/** The responses of an operation that are problem documents, by status. */
export function problemResponses(kinds: readonly ProblemKind[]): Json {
  const responses: Json = {};
  for (const status of new Set(kinds.map((kind) => kindOf(kind).status))) {
    responses[status] = responseOf([...new Set(kinds)].filter((kind) => kindOf(kind).status === status));
  }
  return responses;
}

/** The response of kinds that share a status. A header is required if it comes with each of them. */
function responseOf(kinds: readonly ProblemKind[]): Json {
  const names = new Set(kinds.flatMap((kind) => kindOf(kind).headers ?? []));
  const described = Array.from(names, (name) => {
    const required = kinds.every((kind) => kindOf(kind).headers?.includes(name));
    return [name, { ...headers[name], ...(required && { required }) }];
  });
  return {
    description: kinds.map((kind) => kindOf(kind).title).join('; or: '),
    headers: Object.fromEntries([['X-Request-Id', { schema: { type: 'string' } }], ...described]) as Json,
    content: { 'application/problem+json': { schema: schemaOfKinds(kinds) } },
  };
}

const PROBLEM = { $ref: '#/components/schemas/Problem' };

/** The common schema, narrowed if one of the kinds has members of its own. */
function schemaOfKinds(kinds: readonly ProblemKind[]): Json {
  if (!kinds.some((kind) => kindOf(kind).members)) return PROBLEM;
  return { oneOf: kinds.map((kind) => schemaOf(documentOf(kind), 'output')) };
}
