import type { z } from 'zod';
import { headerName } from './mount';
import { problemDocument, type ProblemKind } from './problem';
import { problemResponses } from './problem-responses';
import type { Route } from './route';
import { schemaOf } from './schema';
import { isOptional } from './validation';

type Json = Record<string, unknown>;

/**
 * The OpenAPI 3.1 document of the routes: every schema in it is the one that requests are checked by, and, in the tests of
 * the API, answers.
 */
export const openApi = (routes: readonly Route[]): Json => ({
  openapi: '3.1.0',
  info: {
    title: 'Consign',
    version: '1',
    description:
      'Takes an accepted order to a delivered parcel, or puts everything back.\n\nA path is answered 405 for a method that ' +
      'is not described at it. A request that is no HTTP, arrives too slowly, has headers over 16 kB or an unknown ' +
      'expectation is answered 400, 408, 431 or 417 at any path. All of these are problem documents.',
    license: { name: 'MIT', identifier: 'MIT' },
  },
  servers: [{ url: '/' }],
  paths: pathsOf(routes),
  components: {
    securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    schemas: { Problem: schemaOf(problemDocument, 'output') },
  },
});

function pathsOf(routes: readonly Route[]): Json {
  const paths: Record<string, Json> = {};
  for (const route of routes) paths[route.path] = { ...paths[route.path], [route.method]: operationOf(route, routes) };
  return paths;
}

function operationOf(route: Route, routes: readonly Route[]): Json {
  const roles = route.access === 'open' ? 'anybody, without a token' : route.access.join(', ');
  const parameters = [
    ...parametersOf('path', route.params),
    ...parametersOf('query', route.query),
    ...parametersOf('header', route.headers),
  ];
  return {
    operationId: route.operationId,
    summary: route.summary,
    description: `For ${roles}.`,
    security: route.access === 'open' ? [] : [{ bearer: [] }],
    ...(parameters.length > 0 && { parameters }),
    ...(route.body && { requestBody: requestBodyOf(route.body, route.example) }),
    responses: { ...answersOf(route, linksOf(route, routes)), ...problemResponses(kindsOf(route)) },
  };
}

const requestBodyOf = (body: z.ZodType, example: unknown): Json => ({
  required: !isOptional(body),
  content: { 'application/json': { schema: schemaOf(body, 'input'), example } },
});

function parametersOf(place: 'path' | 'query' | 'header', schema: z.ZodType | undefined): Json[] {
  if (!schema) return [];
  const { properties = {}, required = [] } = schemaOf(schema, 'input') as { properties?: Json; required?: string[] };
  return Object.entries(properties).map(([name, property]) => ({
    name: place === 'header' ? headerName(name) : name,
    in: place,
    required: required.includes(name),
    schema: property,
  }));
}

const always: ProblemKind[] = [
  'validation-failed',
  'malformed-request',
  'method-not-allowed',
  'internal-error',
  'unavailable',
];
const withToken: ProblemKind[] = ['unauthenticated', 'forbidden', 'too-many-requests'];
const withTokenHeaders = ['RateLimit', 'RateLimit-Policy'];
const withBody: ProblemKind[] = ['payload-too-large', 'unsupported-media-type'];

/** What a route may be answered with besides what it describes itself. */
const kindsOf = ({ access, params, body, problems = [] }: Route): ProblemKind[] => [
  ...always,
  ...(access === 'open' ? [] : withToken),
  ...(params ? (['not-found'] as const) : []),
  ...(body ? withBody : []),
  ...problems,
];

/** Links to the routes about what the answer of this one names, so that a reader need not guess which id goes where. */
function linksOf({ names }: Route, routes: readonly Route[]): Json {
  if (!names) return {};
  const { parameter, field } = names;
  const about = routes.filter(({ path }) => path.includes(`{${parameter}}`));
  const parameters = { [parameter]: `$response.body#/${field}` };
  return Object.fromEntries(about.map(({ operationId }) => [operationId, { operationId, parameters }]));
}

function answersOf({ answers, access }: Route, links: Json): Json {
  const usual = ['X-Request-Id', ...(access === 'open' ? [] : withTokenHeaders)];
  const responses: Json = {};
  for (const [status, answer] of Object.entries(answers)) {
    const { description, schema, mediaType = 'application/json', headers = [] } = answer;
    responses[status] = {
      description,
      headers: Object.fromEntries([...usual, ...headers].map((name) => [name, { schema: { type: 'string' } }])),
      ...(Object.keys(links).length > 0 && { links }),
      ...(schema && { content: { [mediaType]: contentOf(mediaType, schema) } }),
    };
  }
  return responses;
}

/** OpenAPI 3.1 has no word for streams; by convention the schema of one is that of each event. */
const contentOf = (mediaType: string, schema: z.ZodType): Json => ({
  schema: mediaType === 'text/event-stream' ? eventOf(schemaOf(schema, 'output')) : schemaOf(schema, 'output'),
});

const eventOf = (data: Json): Json => ({
  description: 'Each event of the stream (WHATWG HTML, section 9.2). Comments keep an idle stream open.',
  type: 'object',
  properties: {
    id: { type: 'string', description: 'For the header Last-Event-ID when the stream is opened again' },
    event: { type: 'string' },
    data: { type: 'string', contentMediaType: 'application/json', contentSchema: data },
  },
  required: ['id', 'event', 'data'],
  additionalProperties: false,
});
