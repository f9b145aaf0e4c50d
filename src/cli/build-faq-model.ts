import { writeFile } from 'node:fs/promises';
import { readContent } from '../content/read-content.ts';
import { toSeededSources } from '../content/published-faq.ts';
import { buildMatcher } from '../faq/build-matcher.ts';
import { encodeModel } from '../faq/model-file.ts';

// Run by the build: fits the FAQ matcher on the shipped content, so that a first start has it at once.
const [file] = process.argv.slice(2);
if (!file) throw new Error('expected the file to write, for example dist/faq-model.bin');
const { faq } = await readContent({ flowsDir: 'flows', localesDir: 'locales' });
const { entries, none, lexicon } = toSeededSources(faq);
await writeFile(file, encodeModel(buildMatcher(entries, none, lexicon, { classifier: 'svm' })));
