import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Fold } from './cross-validate.ts';
import { drawFew, toFolds } from './cross-validate.ts';
import { readDevelopmentTrials } from './development-data.ts';
import { measureLarge, toLargeText } from './large.ts';
import type { Answered, Report } from './measure.ts';
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
      the shipped content, each phrasing held out once; the same judged by the held-out questions of bench/faq/queries.jsonl;
      and the development data in FOLDER

  npm run bench:faq -- --large [--json]
      the live matcher with 500 entries of 40 phrasings: queries, stalls and memory while edits are fitted

  --baselines LIST   of minisearch,nlpjs (default both), or none`;

const HELD_OUT = fileURLToPath(new URL('./queries.jsonl', import.meta.url));

const { values } = parseArgs({
  options: {
    train: { type: 'string' },
    test: { type: 'string' },
    none: { type: 'string' },
    data: { type: 'string', default: '../shared/data/faq' },
    baselines: { type: 'string', default: 'minisearch,nlpjs' },
    large: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

/** nlp.js trains for minutes on more, so it is given as many of each intent as make up this number. */
const MOST_FOR_NLPJS = 8000;

/** `train` describes the first fold; `leftOut` names the baselines that were left out, and why. */
interface TrialReport {
  readonly name: string;
  readonly train: Contents;
  readonly reports: readonly SystemReport[];
  readonly leftOut: readonly string[];
}

interface SystemReport extends Report {
  /** What it was trained on in the first fold. */
  readonly given: Contents;
  /** The share of right first entries in each fold, where there are several. */
  readonly top1ByFold: readonly (number | null)[];
}

interface Contents {
  readonly phrasings: number;
  readonly intents: number;
  readonly none: number;
}

async function main(): Promise<void> {
  if (values.help || (values.train === undefined) !== (values.test === undefined)) {
    console.log(USAGE);
    process.exitCode = values.help ? 0 : 1;
    return;
  }
  if (values.large) {
    const report = await measureLarge(500);
    console.log(values.json ? JSON.stringify(report) : toLargeText(report));
    return;
  }
  const trials: TrialReport[] = [];
  const show = (trial: TrialReport): void => {
    trials.push(trial);
    // Beside JSON, to show how far it has come: the whole takes minutes.
    (values.json ? console.error : console.log)(toText(trial));
  };
  if (values.train !== undefined && values.test !== undefined) {
    const none = values.none === undefined ? [] : readRows(values.none).map((row) => ({ ...row, intent: null }));
    show(await run(values.test, [{ train: [...readRows(values.train), ...none], test: readRows(values.test) }]));
  } else {
    const shipped = readShippedRows();
    show(await run('shipped content, five folds', toFolds(shipped, 5)));
    if (existsSync(HELD_OUT)) {
      show(await run('shipped content, held-out questions', [{ train: shipped, test: readRows(HELD_OUT) }]));
    }
    const development = existsSync(values.data) ? readDevelopmentTrials(values.data) : [];
    if (development.length === 0) console.error(`no development data in ${values.data}: give its folder by --data`);
    for (const { name, folds } of development) show(await run(name, folds));
  }
  if (values.json) console.log(JSON.stringify(trials.length === 1 ? trials[0] : { trials }));
}

async function run(name: string, folds: readonly Fold[]): Promise<TrialReport> {
  const lexicon = readLexicon();
  const wanted = values.baselines.split(',');
  const trainers: Trainer[] = [{ train: (rows) => trainWasl(rows, lexicon), most: Infinity }];
  if (wanted.includes('minisearch')) trainers.push({ train: trainMiniSearch, most: Infinity });
  if (wanted.includes('nlpjs')) trainers.push({ train: trainNlpJs, most: MOST_FOR_NLPJS });
  const reports: SystemReport[] = [];
  const leftOut: string[] = [];
  for (const trainer of trainers) {
    const report = await judge(trainer, folds);
    if (report === null) leftOut.push('nlpjs: not installed');
    else reports.push(report);
  }
  return { name, train: toContents(folds[0]?.train ?? []), reports, leftOut };
}

interface Trainer {
  readonly train: (rows: readonly Row[]) => System | null | Promise<System | null>;
  /** Phrasings it can be given in a bearable time. */
  readonly most: number;
}

async function judge({ train, most }: Trainer, folds: readonly Fold[]): Promise<SystemReport | null> {
  const given = folds.map((fold) => drawAtMost(fold.train, most));
  const byFold: Answered[][] = [];
  let buildMs = 0;
  let name = '';
  for (const [place, { test }] of folds.entries()) {
    const system = await train(given[place] ?? []);
    if (system === null) return null;
    name = system.name;
    buildMs += system.buildMs / folds.length;
    byFold.push(await askAll(system, test));
  }
  return {
    ...toReport(name, buildMs, byFold.flat()),
    given: toContents(given[0] ?? []),
    top1ByFold: folds.length === 1 ? [] : byFold.map((answered) => toReport(name, 0, answered).inScope.top1),
  };
}

/** The same share of every intent. */
function drawAtMost(rows: readonly Row[], most: number): readonly Row[] {
  const { phrasings, intents } = toContents(rows);
  return phrasings <= most ? rows : drawFew(rows, Math.floor(most / intents), 1);
}

function toContents(rows: readonly Row[]): Contents {
  const labelled = rows.filter(({ intent }) => intent !== null);
  return {
    phrasings: labelled.length,
    intents: new Set(labelled.map(({ intent }) => intent)).size,
    none: rows.length - labelled.length,
  };
}

function toText({ name, train, reports, leftOut }: TrialReport): string {
  const lines = [`\n${name}: ${train.phrasings} phrasings of ${train.intents} intents, ${train.none} none`];
  for (const report of reports) {
    const { system, buildMs, latencyMs, byLanguage, byDialect, given, top1ByFold } = report;
    lines.push(`  ${system}: built in ${buildMs} ms; a query ${latencyMs.p50} ms (p50), ${latencyMs.p99} ms (p99)`);
    if (given.phrasings < train.phrasings) lines.push(`    trained on ${given.phrasings} of the phrasings`);
    if (top1ByFold.length > 1) lines.push(`    top-1 by fold: ${top1ByFold.join(', ')}`);
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
