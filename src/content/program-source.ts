import type { Organisation } from '../domain/organisation.ts';
import type { FaqEntry, FaqMatcher } from '../faq/types.ts';
import { toIntentPhrases } from '../flow/intents.ts';
import type { ProgramSource } from '../flow/program.ts';
import type { Flow } from '../flow/schema.ts';
import type { Translate } from '../i18n/translate.ts';
import { toFacts } from './organisation-facts.ts';
import type { Content } from './read-content.ts';

/** The flow that a message without a session begins. */
const entryFlowId = 'welcome';

/** All that a program is made of, from content; `flows`, `organisation` and `entries` are the content's own unless admins published others. */
export function toProgramSource(
  content: Content,
  {
    translate,
    matcher,
    flows = content.flows,
    organisation = content.organisation,
    entries = content.faq.entries,
  }: {
    readonly translate: Translate;
    readonly matcher: FaqMatcher;
    readonly flows?: readonly Flow[];
    readonly organisation?: Organisation;
    readonly entries?: readonly FaqEntry[];
  },
): ProgramSource {
  return {
    flows,
    entryFlowId,
    intents: { bindings: content.intents, phrases: toIntentPhrases(content.locales) },
    translate,
    facts: toFacts(organisation, translate.languages),
    faq: { matcher, entries },
  };
}
