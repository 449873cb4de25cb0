import { describedBy } from '../support/described-answers';
import { admin, startApi, type TestApi } from './support';

let api: TestApi;

beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const ok = { type: 'object', properties: { status: { const: 'ok' } }, additionalProperties: false };
const event = {
  type: 'object',
  properties: { event: { const: 'timeline' }, data: { type: 'string', contentSchema: { type: 'integer' } } },
  additionalProperties: false,
};
const document = {
  paths: {
    '/things/{id}': {
      get: {
        responses: {
          200: { content: { 'application/json': { schema: ok } } },
          204: {},
          503: { headers: { 'Retry-After': { required: true } } },
        },
      },
    },
    '/stream': { get: { responses: { 200: { content: { 'text/event-stream': { schema: event } } } } } },
  },
  components: { schemas: { Problem: { type: 'object', required: ['type'] } } },
};

const answer = (over: object = {}) => ({
  method: 'GET',
  path: '/things/1?a=b',
  status: 200,
  headers: new Headers({ 'content-type': 'application/json; charset=utf-8' }),
  text: '{"status":"ok"}',
  ...over,
});
const json = (type: string, more = {}) => new Headers({ 'content-type': type, ...more });
const stream = (text: string) => answer({ path: '/stream', headers: json('text/event-stream'), text });

describe('the check of answers', () => {
  const check = describedBy(document);

  test.each([
    ['one as described', answer()],
    ['one without a body', answer({ status: 204, text: '' })],
    ['an answer to HEAD', answer({ method: 'HEAD', text: '' })],
    [
      'an unknown path',
      answer({ path: '/x', status: 404, headers: json('application/problem+json'), text: '{"type":""}' }),
    ],
    ['events as described', stream('retry: 1\n\nevent: timeline\ndata: 7\n\n: still here\n\n')],
  ])('passes %s', (_, given) => {
    expect(() => check(given)).not.toThrow();
  });

  test.each([
    ['a status that is not described', answer({ status: 201 }), 'answered 201, which is not described'],
    [
      'a field that is not described',
      answer({ text: '{"status":"ok","more":1}' }),
      'must NOT have additional properties',
    ],
    ['a value that is not described', answer({ text: '{"status":"no"}' }), 'must be equal to constant'],
    ['another media type', answer({ headers: json('text/html') }), 'as text/html, which is not described'],
    ['a body where none is described', answer({ status: 204 }), 'with a body that is not described'],
    ['a header that is missing', answer({ status: 503, text: '' }), 'without its header Retry-After'],
    ['a path that is not described', answer({ path: '/x' }), 'knows no such path'],
    ['an event that is not described', stream('event: other\ndata: 7\n\n'), 'must be equal to constant'],
    ['data of an event that are not described', stream('event: timeline\ndata: "x"\n\n'), 'must be integer'],
  ])('fails for %s', (_, given, message) => {
    expect(() => check(given)).toThrow(message);
  });
});

test('what comes with one kind of problem alone is described', async () => {
  const { paths } = (await api.call('GET', '/openapi.json', { as: null })).body;
  const tooLate = paths['/v1/orders/{orderId}/cancel'].post.responses[409];
  const documents = tooLate.content['application/problem+json'].schema.oneOf;
  expect(documents).toContainEqual(
    expect.objectContaining({
      required: expect.arrayContaining(['outcome', 'links']),
      properties: expect.objectContaining({ outcome: { type: 'string', const: 'too_late' } }),
    }),
  );
  expect(tooLate.headers).toHaveProperty(['Retry-After']);
  for (const methods of Object.values(paths as Record<string, object>)) {
    for (const { responses } of Object.values(methods)) {
      expect(responses[405].headers.Allow).toMatchObject({ required: true });
      expect(responses[503].headers['Retry-After']).toMatchObject({ required: true });
      if (responses[401]) expect(responses[401].headers['WWW-Authenticate']).toMatchObject({ required: true });
    }
  }
  const stream = paths['/v1/orders/{orderId}/events'].get.responses[200].content['text/event-stream'];
  expect(stream.schema).toMatchObject({
    properties: { data: { contentSchema: { required: expect.arrayContaining(['at', 'status']) } } },
  });
});

test('the calls of these tests fail for an answer that is not described', async () => {
  const sandbox = {
    replaceFaults: async () => undefined,
    ledger: async () => ({ payments: [], stock: [], packs: [], labels: [], messages: [], extra: 1 }),
  };
  const wrong = await startApi({ sandbox });
  const ask = wrong.call('GET', '/v1/sandbox/ledger?orderId=ord_01h455vb4pex5vsknk084sn02q', { as: admin });
  await expect(ask).rejects.toThrow('must NOT have additional properties');
  await wrong.close();
});
