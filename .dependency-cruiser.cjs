/**
 * The arrows of the architecture: who may import whom. See docs/architecture.md.
 *
 * A folder's own rule says all that it may know; the last rules hold for everybody.
 */
/** Node's own modules and packages; what is left is a file of this project. */
const FOREIGN = ['core', 'npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'npm-unknown', 'unknown'];

/** Files of a folder know, of this project's files, only those named. */
const knowsOnly = (name, comment, from, known) => ({
  name,
  comment,
  severity: 'error',
  from,
  to: { path: '.', pathNot: known, dependencyTypesNot: FOREIGN },
});

/** Files of a folder know nothing at all but what is named, packages and Node's own modules included. */
const knowsNothingBut = (name, comment, from, known) => ({
  name,
  comment,
  severity: 'error',
  from,
  to: { path: '.', pathNot: known },
});

const neverKnows = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    knowsNothingBut(
      'workflows-know-contracts-and-domain',
      'A workflow is deterministic: it knows contracts, domain rules, the workflow SDK and the types of activities.',
      { path: '^workflows/' },
      '^(workflows|contracts|domain|activities)/|node_modules/@temporalio/(workflow|common)/',
    ),
    neverKnows(
      'workflows-know-activities-by-type',
      'Importing an activity itself would bundle it, and all its I/O, into the workflow.',
      { path: '^workflows/' },
      { path: '^activities/', dependencyTypesNot: ['type-only'] },
    ),
    knowsOnly(
      'activities-know-ports',
      'An activity knows the ports, the books and the contracts, and is given the implementations.',
      { path: '^activities/' },
      '^(activities|contracts|domain|infra/database|books)/|^adapters/ports\\.ts$',
    ),
    knowsNothingBut(
      'domain-knows-itself',
      'Domain rules are pure, and depend on nothing but each other.',
      { path: '^domain/' },
      '^domain/',
    ),
    knowsNothingBut(
      'contracts-know-domain-and-schemas',
      'Everybody reads the contracts, so they depend on domain rules, a schema library and kept lists of codes alone.',
      { path: '^contracts/' },
      '^(contracts|domain)/|node_modules/(zod|@temporalio/common|iso-3166|currency-codes|localized-address-format)/',
    ),
    neverKnows(
      'workflows-know-http-by-type',
      'The lists of countries and currencies that requests are checked by do not belong in the bundle of the workflows.',
      { path: '^(workflows|domain|contracts/(workflow|events|policy|failures))' },
      { path: '^contracts/http/', dependencyTypesNot: ['type-only'] },
    ),
    neverKnows(
      'adapters-know-no-caller',
      'An adapter speaks to one party and does not know who asks.',
      { path: '^adapters/' },
      { path: '^(activities|workflows|workers|api|infra/stack|infra/deploy)/' },
    ),
    neverKnows(
      'api-knows-no-saga',
      'The API starts and queries workflows through the client and calls no party itself.',
      { path: '^api/' },
      { path: '^(activities|workflows|workers|infra/stack|infra/deploy)/' },
    ),
    neverKnows(
      'api-knows-no-adapter',
      'The API calls no party itself; api/server.ts alone is given the books and the script of the sandbox.',
      { path: '^api/' },
      { path: '^adapters/', pathNot: '^adapters/sandbox/' },
    ),
    knowsOnly(
      'infra-knows-no-product',
      'The product uses the infrastructure, never the other way round.',
      { path: '^infra/(?!stack/|deploy/)' },
      '^infra/(?!stack/|deploy/)',
    ),
    knowsOnly(
      'deployment-knows-contracts-only',
      'What a deployment runs prepares a namespace and asks for health; it needs names from the contracts alone.',
      { path: '^infra/deploy/' },
      '^infra/(?!stack/)|^contracts/',
    ),
    neverKnows(
      'books-know-no-caller',
      'The books are read by several rooms and know none of them.',
      { path: '^books/' },
      { path: '^(activities|adapters|api|workers|workflow-client|workflows|infra/stack|infra/deploy)/' },
    ),
    neverKnows(
      'workflow-client-knows-no-saga',
      'Who starts and asks workflows knows their contract, and not their code.',
      { path: '^workflow-client/' },
      { path: '^(activities|adapters|api|books|workers|workflows|infra/stack|infra/deploy)/' },
    ),
    neverKnows(
      'only-wiring-knows-adapters',
      'Implementations are put together by workers/, api/server.ts and infra/stack/ alone; the bench runs them bare.',
      { pathNot: '^(workers|adapters|activities|workflows|infra|tests|bench)/|^api/server\\.ts$' },
      { path: '^adapters/', pathNot: '^adapters/ports\\.ts$' },
    ),
    neverKnows(
      'only-tests-know-tests',
      'What the product needs does not belong in a test.',
      { pathNot: '^tests/' },
      { path: '^tests/' },
    ),
    neverKnows(
      'only-tests-know-tools',
      'The bench and the demo use the product, never the other way round.',
      { pathNot: '^(bench|demo|tests)/' },
      { path: '^(bench|demo)/' },
    ),
    neverKnows(
      'no-development-package-in-product',
      'An image installs no development packages.',
      { path: '^(activities|adapters|api|books|contracts|domain|infra|workers|workflow-client|workflows)/' },
      { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    ),
    neverKnows('no-cycles', 'What goes round in a circle cannot be read from either end.', {}, { circular: true }),
    neverKnows('no-unknown-modules', 'An import must lead somewhere.', {}, { couldNotResolve: true }),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(\\.data|dist|coverage|docs|infra/database/generated)(/|$)' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.mjs', '.js', '.cjs', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
