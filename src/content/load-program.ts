import { buildMatcher } from '../faq/build-matcher.ts';
import { loadMatcher } from '../faq/load-matcher.ts';
import type { FaqMatcher } from '../faq/types.ts';
import type { ProgramSource } from '../flow/program.ts';
import { createTranslate } from '../i18n/translate.ts';
import { toProgramSource } from './program-source.ts';
import { readContent, type Content } from './read-content.ts';

/**
 * Content as a program without a store: for the command line and the tests of flows. With `matcher: 'quick'` questions are matched by the
 * model that is ready in seconds; with `'none'`, for checks, no question is known.
 * @throws AppError as `readContent`
 */
export async function loadProgramSource(options: {
  readonly flowsDir: string;
  readonly localesDir: string;
  readonly matcher: 'quick' | 'none';
  readonly defaultLanguage?: string;
}): Promise<ProgramSource> {
  const content = await readContent(options);
  const { defaultLanguage: fallbackLanguage = 'ar' } = options;
  const translate = createTranslate({ resources: content.locales, fallbackLanguage });
  return toProgramSource(content, {
    translate,
    matcher: options.matcher === 'quick' ? quickMatcher(content) : knowsNothing,
  });
}

const knowsNothing: FaqMatcher = { match: () => ({ band: 'none' }) };

function quickMatcher({ faq }: Content): FaqMatcher {
  return loadMatcher(buildMatcher(faq.entries, faq.none, faq.lexicon, { classifier: 'naive-bayes' }));
}
