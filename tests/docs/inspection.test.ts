import { inspectReturn } from '../../contracts/http/return';
import { read } from './documents';

test("the runbook's inspection of a return is one that the API accepts", () => {
  const [, shown = ''] = /An inspection:\n\n```json\n([\s\S]*?)\n```/.exec(read('docs/runbook.md').text) ?? [];
  expect(inspectReturn.safeParse(JSON.parse(shown)).error).toBeUndefined();
});
