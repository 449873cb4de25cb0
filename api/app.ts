import express, { type Express } from 'express';
import type { ApiDependencies } from './dependencies';
import { openContext } from './http/context';
import { answerProblems, unknownRoute } from './http/errors';
import { mount } from './http/mount';
import { orderReadRoutes } from './orders/read-routes';
import { orderWriteRoutes } from './orders/write-routes';

/** The HTTP API as an Express app that doesn't listen yet. */
export function createApp(deps: ApiDependencies): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag').enable('case sensitive routing').set('query parser', 'simple');
  app.use(openContext(deps.logger));
  mount(app, [...orderWriteRoutes(deps), ...orderReadRoutes(deps)], deps.jwtSecret);
  app.use(unknownRoute);
  app.use(answerProblems(deps.logger));
  return app;
}
