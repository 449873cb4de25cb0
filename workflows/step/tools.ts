import type { Policy } from '../../contracts/policy';
import type { OrderStatus } from '../../domain/order-status';
import { Activities } from '../sdk/activities';
import type { Headline } from './details';
import { Runner } from './runner';
import { Story } from './story';
import { StuckSteps } from './stuck-steps';

interface Owner {
  orderId: string;
  policy: Policy;
  headline: Headline;
  /** Lines that stand above the table of steps. */
  facts: string[];
  /** Called with the order's status each time that a stuck step is listed or freed. */
  onStatus?: (status: OrderStatus) => void;
}

/** What every workflow that takes steps has: orders, returns and late undo steps alike. */
export function stepTools({ orderId, policy, headline, facts, onStatus = () => undefined }: Owner) {
  const activities = new Activities(policy);
  const story = new Story(headline, facts, `POST /v1/orders/${orderId}/saga/resolutions`);
  const stuck = new StuckSteps(orderId, activities, story, onStatus);
  return { activities, story, stuck, runner: new Runner(activities, story, stuck, policy) };
}
