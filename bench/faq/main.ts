import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { toFolds } from './cross-validate.ts';
import { readDevelopmentTrials } from './development-data.ts';
import type { Report } from './measure.ts';
import { askAll, toReport } from './measure.ts';
import type { Row } from './rows.ts';
import { readRows } from './rows.ts';
import { readLexicon, readShippedRows } from './shipped.ts';
import type { System } from './systems.ts';
import { trainMiniSearch, trainNlpJs, trainWasl } from './systems.ts';

const USAGE = `Judges the FAQ matcher on labelled texts, with MiniSearch and nlp.js beside it.

  npm run bench:faq -- --train FILE --test FILE [--none FILE] [--json]
      FILE: JSON lines { "text", "intent" (null: out of scope), "language"?, "dialect"?, "scope"? ("near" or "far") }
      --none: texts that no intent answers, to be learned as such; a line may also be a plain string

  npm run bench:faq -- [--data FOLDER] [--json]
      the shipped content, each phrasing held out once, and the development data in FOLDER

  --baselines LIST   of minisearch,nlpjs (default both), or none`;

const { values } = parseArgs({
  options: {
    train: { type: 'string' },
    test: { type: 'string' },
    none: { type: 'string' },
    data: { type: 'string', default: '../shared/data/faq' },
    baselines: { type: 'string', default: 'minisearch,nlpjs' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

/** nlp.js trains for many minutes on more; MiniSearch takes a while for each query. */
const MOST_FOR_NLPJS = 5000;

interface TrialReport {
  readonly name: string;
  readonly train: { readonly phrasings: number; readonly intents: number; readonly none: number };
  readonly reports: readonly Report[];
  /** Baselines that were left out, and why. */
  readonly leftOut: readonly string[];
}

async function main(): Promise<void> {
  if (values.help || (values.train === undefined) !== (values.test === undefined)) {
    console.log(USAGE);
    process.exitCode = values.help ? 0 : 1;
    return;
  }
  const trials: TrialReport[] = [];
  const show = (trial: TrialReport): void => {
    trials.push(trial);
    if (!values.json) console.log(toText(trial));
  };
  if (values.train !== undefined && values.test !== undefined) {
    const none = values.none === undefined ? [] : readRows(values.none).map((row) => ({ ...row, intent: null }));
    show(await run(values.test, [{ train: [...readRows(values.train), ...none], test: readRows(values.test) }]));
  } else {
    show(await run('shipped content, five folds', toFolds(readShippedRows(), 5)));
    const development = existsSync(values.data) ? readDevelopmentTrials(values.data) : [];
    if (development.length === 0) console.error(`no development data in ${values.data}: give its folder by --data`);
    for (const { name, train, test } of development) show(await run(name, [{ train, test }]));
  }
  if (values.json) console.log(JSON.stringify(trials.length === 1 ? trials[0] : { trials }));
}

async function run(
  name: string,
  folds: readonly { train: readonly Row[]; test: readonly Row[] }[],
): Promise<TrialReport> {
  const first = folds[0]?.train ?? [];
  const lexicon = readLexicon();
  const wanted = values.baselines.split(',');
  const leftOut: string[] = [];
  const trainers: ((train: readonly Row[]) => System | null | Promise<System | null>)[] = [
    (train) => trainWasl(train, lexicon),
  ];
  if (wanted.includes('minisearch')) trainers.push(trainMiniSearch);
  if (wanted.includes('nlpjs')) {
    if (first.length <= MOST_FOR_NLPJS) trainers.push(trainNlpJs);
    else leftOut.push(`nlpjs: more than ${MOST_FOR_NLPJS} phrasings take it many minutes`);
  }
  const reports: Report[] = [];
  for (const trainer of trainers) {
    const answered = [];
    let buildMs = 0;
    let system: System | null = null;
    for (const { train, test } of folds) {
      system = await trainer(train);
      if (system === null) break;
      buildMs += system.buildMs / folds.length;
      answered.push(...(await askAll(system, test)));
    }
    if (system === null) leftOut.push('nlpjs: not installed');
    else reports.push(toReport(system.name, buildMs, answered));
  }
  const labelled = first.filter(({ intent }) => intent !== null);
  return {
    name,
    train: {
      phrasings: labelled.length,
      intents: new Set(labelled.map(({ intent }) => intent)).size,
      none: first.length - labelled.length,
    },
    reports,
    leftOut,
  };
}

function toText({ name, train, reports, leftOut }: TrialReport): string {
  const lines = [`\n${name}: ${train.phrasings} phrasings of ${train.intents} intents, ${train.none} none`];
  for (const report of reports) {
    const { system, buildMs, latencyMs, byLanguage, byDialect } = report;
    lines.push(`  ${system}: built in ${buildMs} ms; a query ${latencyMs.p50} ms (p50), ${latencyMs.p99} ms (p99)`);
    const groups = { all: report, ...byLanguage, ...byDialect };
    for (const [group, { inScope, outOfScope, overall }] of Object.entries(groups)) {
      const inside =
        inScope.count === 0
          ? ''
          : ` top-1 ${inScope.top1}  top-3 ${inScope.top3}  direct ${inScope.answeredDirectly} (right ${inScope.directPrecision})  accuracy ${inScope.accuracy}`;
      const { near, far } = outOfScope;
      const scopes =
        near.count + far.count === 0
          ? ''
          : ` (near ${near.answeredDirectly ?? '-'}, far ${far.answeredDirectly ?? '-'})`;
      const outside =
        outOfScope.count === 0
          ? ''
          : `  out of scope: answered ${outOfScope.answeredDirectly}${scopes}, refused ${outOfScope.recall}; overall ${overall}`;
      lines.push(`    ${group.padEnd(12)}${inside}${outside}`);
    }
  }
  lines.push(...leftOut.map((reason) => `  left out: ${reason}`));
  return lines.join('\n');
}

await main();
