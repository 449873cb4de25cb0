import { z } from 'zod';
import { headerName } from './mount';
import { problemDocument, problemKinds, type ProblemKind } from './problem';
import type { Route } from './route';

type Json = Record<string, unknown>;

const always: ProblemKind[] = ['validation-failed', 'malformed-request', 'internal-error', 'unavailable'];
const withToken: ProblemKind[] = ['unauthenticated', 'forbidden'];
const withParams: ProblemKind[] = ['not-found'];
const withBody: ProblemKind[] = ['payload-too-large', 'unsupported-media-type'];

/** The OpenAPI 3.1 document of the routes: every schema in it is the one that requests and answers are checked by. */
export const openApi = (routes: readonly Route[]): Json => ({
  openapi: '3.1.0',
  info: {
    title: 'Consign',
    version: '1',
    description: 'Takes an accepted order to a delivered parcel, or puts everything back.',
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
  for (const route of routes) paths[route.path] = { ...paths[route.path], [route.method]: operationOf(route) };
  return paths;
}

function operationOf(route: Route): Json {
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
    ...(route.body && {
      requestBody: { required: true, content: { 'application/json': { schema: schemaOf(route.body, 'input') } } },
    }),
    responses: responsesOf(route),
  };
}

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

function responsesOf({ answers, access, params, body, problems = [] }: Route): Json {
  const kinds = new Set([
    ...always,
    ...(access === 'open' ? [] : withToken),
    ...(params ? withParams : []),
    ...(body ? withBody : []),
    ...problems,
  ]);
  const responses: Json = {};
  for (const [status, { description, schema, mediaType = 'application/json', headers = [] }] of Object.entries(
    answers,
  )) {
    responses[status] = {
      description,
      headers: Object.fromEntries(['X-Request-Id', ...headers].map((name) => [name, { schema: { type: 'string' } }])),
      ...(schema && { content: { [mediaType]: { schema: schemaOf(schema, 'output') } } }),
    };
  }
  for (const status of new Set([...kinds].map((kind) => problemKinds[kind].status))) {
    const titles = [...kinds].filter((kind) => problemKinds[kind].status === status);
    responses[status] = {
      description: titles.map((kind) => problemKinds[kind].title).join('; or: '),
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    };
  }
  return responses;
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema, '~standard': _standard, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Json;
  return rest;
}
