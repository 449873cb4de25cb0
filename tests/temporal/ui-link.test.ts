import { uiLink } from '../../infra/temporal/ui-link';

test.each(['https://ui.example', 'https://ui.example/'])('a workflow is found in the UI at %s', (uiUrl) => {
  expect(uiLink(uiUrl, 'consign.a1b2c', 'order-ord_1')).toBe(
    'https://ui.example/namespaces/consign.a1b2c/workflows/order-ord_1',
  );
});
