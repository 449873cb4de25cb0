import { placeOrder } from '../../contracts/order';
import { sandboxFaults } from '../../contracts/sandbox';
import { faultsOf, orderOf, referenceOf, scenarios } from '../../demo/scenarios';

test('scripts faults for its own orders only', () => {
  const own = scenarios.map((_, index) => referenceOf('run', index));
  const faults = sandboxFaults.parse(faultsOf('run'));
  expect(faults.length).toBeGreaterThan(0);
  for (const { match } of faults) expect(own).toContain(match.clientReference);
  expect(faultsOf('another run')[0]?.match).not.toEqual(faults[0]?.match);
});

test.each(scenarios.map((scenario) => [scenario.title, scenario] as const))(
  'places an order that %s',
  (_, scenario) => {
    expect(placeOrder.safeParse(orderOf(scenario, 'demo-run-1')).success).toBe(true);
  },
);
