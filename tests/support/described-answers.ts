import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';

/** An answer, as the OpenAPI document is to describe it. */
export interface Answer {
  method: string;
  /** With or without a query. */
  path: string;
  status: number;
  headers: Headers;
  text: string;
}

interface Described {
  headers?: Record<string, { required?: boolean }>;
  content?: Record<string, object>;
}

type Operations = Record<string, { responses: Record<string, Described> }>;

/** What the check needs of an OpenAPI document. */
export interface OpenApi {
  paths: Record<string, Operations>;
}

/**
 * Makes the check that an answer is one that the OpenAPI document describes: its status, media type, headers and body. It
 * throws an error that names what differs.
 */
export function describedBy(document: OpenApi): (answer: Answer) => void {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats(ajv);
  ajv.addSchema(document, 'openapi');
  const validators = new Map<string, ValidateFunction>();
  const validatorAt = (pointer: readonly string[]): ValidateFunction => {
    const $ref = `openapi#/${pointer.map(escaped).join('/')}`;
    const validate = validators.get($ref) ?? ajv.compile({ $ref });
    validators.set($ref, validate);
    return validate;
  };
  return (answer) => {
    const name = `${answer.method} ${answer.path.split('?')[0]} answered ${answer.status}`;
    const place = placeOf(document, answer);
    const { headers, content } = place ? place.response : strayAnswer(name, answer);
    for (const [header, { required }] of Object.entries(headers ?? {})) {
      if (required && !answer.headers.has(header)) throw new Error(`${name} without its header ${header}`);
    }
    if (answer.text === '' || !content) {
      if (answer.text !== '') throw new Error(`${name} with a body that is not described`);
      return;
    }
    const [mediaType = ''] = (answer.headers.get('content-type') ?? '').split(';');
    if (!content[mediaType]) throw new Error(`${name} as ${mediaType}, which is not described`);
    const pointer = place ? [...place.pointer, 'content', mediaType] : PROBLEM;
    const expectValid = (value: unknown, ...parts: string[]) => {
      const validate = validatorAt([...pointer, ...parts]);
      if (validate(value)) return;
      throw new Error(`${name} with a body that is not as described: ${ajv.errorsText(validate.errors)}`);
    };
    if (!place) expectValid(JSON.parse(answer.text));
    else if (mediaType !== 'text/event-stream') expectValid(bodyOf(mediaType, answer.text), 'schema');
    else {
      for (const event of eventsOf(answer.text)) {
        expectValid(event, 'schema');
        expectValid(JSON.parse(event['data'] ?? ''), 'schema', 'properties', 'data', 'contentSchema');
      }
    }
  };
}

const bodyOf = (mediaType: string, text: string): unknown => (/json$/.test(mediaType) ? JSON.parse(text) : text);

/** The events of a stream that carry data, by the names of their lines. */
const eventsOf = (stream: string): Record<string, string>[] =>
  stream
    .split('\n\n')
    .map((block) =>
      Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/).slice(0, 2) as [string, string])),
    )
    .filter((event) => 'data' in event);

const PROBLEM = ['components', 'schemas', 'Problem'];

const escaped = (part: string): string => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));

/** Where the document describes the answer; undefined if it has no such path, or no such method there. */
function placeOf({ paths }: OpenApi, { method, path, status }: Answer) {
  const [plain = ''] = path.split('?');
  const template = Object.keys(paths).find((each) => patternOf(each).test(plain));
  const operations = template === undefined ? undefined : paths[template];
  const verb = method === 'HEAD' ? 'get' : method.toLowerCase();
  const operation = operations?.[verb];
  if (template === undefined || !operation) return undefined;
  const response = operation.responses[status];
  if (!response) throw new Error(`${method} ${plain} answered ${status}, which is not described`);
  return { response, pointer: ['paths', template, verb, 'responses', String(status)] };
}

const patternOf = (template: string): RegExp => new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`);

/** What may be answered where nothing is described. */
function strayAnswer(name: string, { status }: Answer): Described {
  if (![400, 404, 405].includes(status)) throw new Error(`${name}, and the document knows no such path`);
  return { content: { 'application/problem+json': {} } };
}
