import express, { type Express } from 'express';
import { z } from 'zod';
import type { ApiDependencies } from './dependencies';
import { openContext } from './http/context';
import { attentionRoute } from './attention/routes';
import { answerProblems, unknownRoute } from './http/errors';
import { refuseUnmet } from './http/expectations';
import { mount } from './http/mount';
import { openApi } from './http/openapi';
import { parseQuery } from './http/query';
import type { Route } from './http/route';
import { healthRoutes } from './health/routes';
import { inventoryRoutes } from './inventory/routes';
import { cancelRoute } from './orders/cancel';
import { orderReadRoutes } from './orders/read-routes';
import { resolutionRoute } from './orders/resolutions';
import { reviewRoute } from './orders/review';
import { sagaRoute } from './orders/saga';
import { orderWriteRoutes } from './orders/write-routes';
import { productRoutes } from './products/routes';
import { shippingPriceRoutes } from './rates/shipping-price-routes';
import { taxRateRoutes } from './rates/tax-rate-routes';
import { returnDecisionRoutes } from './returns/decision-routes';
import { returnRoutes } from './returns/routes';
import { sandboxRoutes } from './sandbox/routes';

/** The HTTP API as an Express app that doesn't listen yet. */
export function createApp(deps: ApiDependencies): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag').enable('case sensitive routing').set('query parser', parseQuery);
  app.set('trust proxy', deps.trustedProxies);
  app.use(openContext(deps), refuseUnmet);
  mount(app, routesOf(deps), deps.tokens, deps.usage);
  app.use(unknownRoute);
  app.use(answerProblems(deps.logger));
  return app;
}

/** Every route of the API, `/openapi.json` included, which describes them all. */
function routesOf(deps: ApiDependencies): Route[] {
  const description: Route = {
    method: 'get',
    path: '/openapi.json',
    operationId: 'getOpenApi',
    summary: 'Reads the description of this API',
    access: 'open',
    answers: { 200: { description: 'An OpenAPI 3.1 document', schema: z.looseObject({ openapi: z.string() }) } },
    handle: async () => ({ status: 200, body: document }),
  };
  const routes = [
    ...orderWriteRoutes(deps),
    ...orderReadRoutes(deps),
    cancelRoute(deps),
    reviewRoute(deps),
    sagaRoute(deps),
    resolutionRoute(deps),
    attentionRoute(deps),
    ...returnRoutes(deps),
    ...returnDecisionRoutes(deps),
    ...productRoutes(deps),
    ...shippingPriceRoutes(deps),
    ...taxRateRoutes(deps),
    ...inventoryRoutes(deps),
    ...sandboxRoutes(deps.sandbox),
    ...healthRoutes(deps),
    description,
  ];
  const document = openApi(routes);
  return routes;
}
