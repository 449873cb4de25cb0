import { placeOrder } from '../../contracts/http/order';
import { startApi, type TestApi } from './support';

let api: TestApi;

beforeAll(async () => {
  const sandbox = { replaceFaults: async () => undefined, ledger: () => Promise.reject(new Error('not asked')) };
  api = await startApi({ sandbox });
});
afterAll(() => api.close());

const read = async () => {
  const { body } = await api.call('GET', '/openapi.json', { as: null });
  return { openapi: body.openapi, paths: body.paths };
};

test('every route is described', async () => {
  const { openapi, paths } = await read();
  expect(openapi).toBe('3.1.0');
  const routes = Object.entries(paths as Record<string, object>).map(([path, methods]) => [path, Object.keys(methods)]);
  expect(Object.fromEntries(routes)).toEqual({
    '/v1/attention': ['get'],
    '/v1/orders': ['post', 'get'],
    '/v1/orders/{orderId}': ['get'],
    '/v1/orders/{orderId}/status': ['get'],
    '/v1/orders/{orderId}/timeline': ['get'],
    '/v1/orders/{orderId}/events': ['get'],
    '/v1/orders/{orderId}/cancel': ['post'],
    '/v1/orders/{orderId}/review': ['post'],
    '/v1/orders/{orderId}/saga': ['get'],
    '/v1/orders/{orderId}/saga/resolutions': ['post'],
    '/v1/orders/{orderId}/returns': ['post', 'get'],
    '/v1/returns/{returnId}': ['get'],
    '/v1/returns/{returnId}/authorise': ['post'],
    '/v1/returns/{returnId}/reject': ['post'],
    '/v1/returns/{returnId}/receive': ['post'],
    '/v1/returns/{returnId}/inspect': ['post'],
    '/v1/products': ['get'],
    '/v1/products/{sku}': ['get', 'put'],
    '/v1/shipping-prices': ['get'],
    '/v1/shipping-prices/{currency}': ['put'],
    '/v1/tax-rates': ['get'],
    '/v1/tax-rates/{country}': ['put'],
    '/v1/inventory/{sku}': ['get', 'put'],
    '/v1/sandbox/faults': ['put'],
    '/v1/sandbox/ledger': ['get'],
    '/healthz': ['get'],
    '/readyz': ['get'],
    '/metrics': ['get'],
    '/openapi.json': ['get'],
  });
});

test('the description is made of the schemas that requests are checked by', async () => {
  const { paths } = await read();
  const { requestBody, parameters, responses } = paths['/v1/orders'].post;
  const schema = requestBody.content['application/json'].schema;
  expect(schema.additionalProperties).toBe(false);
  expect(schema.required).not.toContain('customerId');
  expect(schema.properties.lines.items.properties.quantity).toMatchObject({ minimum: 1, maximum: 10_000 });
  expect(parameters).toMatchObject([
    { name: 'Idempotency-Key', in: 'header', required: false },
    { name: 'Prefer', in: 'header', required: false },
  ]);
  const statuses = Object.keys(responses as object);
  expect(statuses).toEqual(['202', '400', '401', '403', '405', '409', '413', '415', '422', '429', '500', '503']);
  expect(paths['/v1/orders'].get.parameters).toContainEqual(
    expect.objectContaining({ name: 'limit', in: 'query', required: false }),
  );
});

test('every parameter of a path is described', async () => {
  const { paths } = await read();
  for (const [path, methods] of Object.entries(
    paths as Record<string, Record<string, { parameters?: { in: string; name: string }[] }>>,
  )) {
    const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    for (const { parameters = [] } of Object.values(methods)) {
      expect(parameters.filter((each) => each.in === 'path').map(({ name }) => name)).toEqual(names);
    }
  }
});

test('an answer that names an order links to the calls about it, and the body of a new one has an example', async () => {
  const { paths } = await read();
  const { requestBody, responses } = paths['/v1/orders'].post;
  expect(responses[202].links.getOrderStatus).toEqual({
    operationId: 'getOrderStatus',
    parameters: { orderId: '$response.body#/id' },
  });
  const { example } = requestBody.content['application/json'];
  expect(placeOrder.parse(example)).toEqual(example);
});
