import type { Express, Request, Response } from 'express';
import { z } from 'zod';
import { authenticate, authorise } from '../access/authenticate';
import type { Bearer, TokenRules } from '../access/tokens';
import type { Usage } from '../access/usage';
import { closeIfUnread } from './close-gently';
import { contextOf } from './context';
import { sendEvents } from './event-stream';
import { jsonBody } from './json-body';
import { invalid, Problem, type FieldError } from './problem';
import type { Answer, Call, Route } from './route';
import { type bodyField, check, isOptional, unstorable } from './validation';

/** The longest that Node.js can wait in one timer, and far longer than a token should live. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

const nothing = z.strictObject({});

/** Mounts routes on an app; a path's other methods answer 405. */
export function mount(app: Express, routes: readonly Route[], tokens: TokenRules, usage: Usage): void {
  for (const route of routes) {
    app[route.method](expressPath(route.path), async (request, response) => {
      const context = contextOf(response);
      context.route = route.path;
      const gone = new AbortController();
      response.on('close', () => gone.abort());
      if (route.access !== 'open') {
        usage.enter();
        context.actor = await authenticate(request, tokens).catch((error: unknown) => usage.refuse(request.ip, error));
        response.set(await usage.admit(context.actor.subject));
        authorise(context.actor, route.access);
      }
      const leave = context.actor ? await usage.places.take(context.actor.subject) : () => undefined;
      gone.signal.addEventListener('abort', leave);
      if (gone.signal.aborted) {
        leave();
        return;
      }
      const checked = await read(route, request, response);
      const { requestId, actor } = context;
      const answer = await route.handle({ ...checked, actor, requestId, signal: gone.signal, onlyWaits: leave });
      if (answer.events && actor) {
        leave();
        endWithToken(gone, actor);
      }
      await send(response, answer, gone.signal);
    });
  }
  for (const path of new Set(routes.map((each) => each.path))) refuseOtherMethods(app, path, routes);
}

/** Ends a stream when the token of its reader ends, who has to come back with another. */
function endWithToken(stream: AbortController, { expiresAtMs }: Bearer): void {
  const timer = setTimeout(() => stream.abort(), Math.min(expiresAtMs - Date.now(), LONGEST_TIMER_MS));
  stream.signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
}

const expressPath = (path: string): string => path.replace(/\{(\w+)\}/g, ':$1');

function refuseOtherMethods(app: Express, path: string, routes: readonly Route[]): void {
  const methods = routes.filter((each) => each.path === path).map((each) => each.method.toUpperCase());
  const allowed = [...methods, ...(methods.includes('GET') ? ['HEAD'] : [])].join(', ');
  app.all(expressPath(path), (_request, response) => {
    contextOf(response).route = path;
    throw new Problem('method-not-allowed', `use ${allowed}`, { headers: { Allow: allowed } });
  });
}

type Parts = Pick<Call, 'params' | 'query' | 'headers' | 'body'>;

/** What the route's schemas make of the request, or the problem that names every bad field of it. */
async function read(route: Route, request: Request, response: Response): Promise<Parts> {
  const errors: FieldError[] = [];
  const part = (schema: z.ZodType | undefined, value: unknown, fieldOf?: typeof bodyField): unknown => {
    const strange = unstorable(value);
    const checked = check(schema ?? nothing, value, fieldOf);
    if (strange.length === 0 && checked.ok) return checked.value;
    errors.push(...(strange.length > 0 || checked.ok ? strange : checked.errors));
    return undefined;
  };
  const parts: Parts = {
    params: part(route.params, request.params),
    query: part(route.query, single(request.query, errors)),
    headers: route.headers && part(route.headers, request.headers, headerField),
    body: route.body && part(route.body, (await jsonBody(request, response)) ?? noBody(route.body)),
  };
  if (errors.length > 0) throw invalid(errors);
  return parts;
}

/** What a missing body stands for: an empty object if the schema asks for nothing. */
const noBody = (schema: z.ZodType): object | undefined => (isOptional(schema) ? {} : undefined);

/** Query parameters, each of which may be given once. */
function single(query: Request['query'], errors: FieldError[]): Record<string, unknown> {
  const entries = Object.entries(query);
  const repeated = entries.filter(([, value]) => typeof value !== 'string');
  errors.push(...repeated.map(([field]) => ({ field, message: 'must be given once' })));
  return Object.fromEntries(entries.filter(([, value]) => typeof value === 'string'));
}

const headerField = ([name]: readonly PropertyKey[]): string => headerName(String(name));

/** A header's name as people write it: `Idempotency-Key`. */
export const headerName = (lowerCase: string): string =>
  lowerCase.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());

async function send(response: Response, answer: Answer, signal: AbortSignal): Promise<void> {
  response.status(answer.status).set(answer.headers ?? {});
  closeIfUnread(response.req, response);
  if (answer.events && response.req.method !== 'HEAD') await sendEvents(response, answer.events, signal);
  else if (answer.body === undefined) response.end();
  else if (typeof answer.body === 'string') response.send(answer.body);
  else response.json(answer.body);
}
