import { normalise } from '../faq/normalise.ts';
import type { LocaleResources } from '../i18n/translate.ts';

/** The wordings of each global intent in each language. */
export type IntentPhrases = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

/** Takes the phrases out of loaded locales (`locales/<language>/intents.json`). */
export function toIntentPhrases(resources: LocaleResources): IntentPhrases {
  return Object.fromEntries(
    Object.entries(resources).map(([language, files]) => [
      language,
      Object.fromEntries(
        Object.entries(files['intents'] ?? {}).flatMap(
          ([intent, phrases]) => (Array.isArray(phrases) ? [[intent, phrases as readonly string[]] as const] : []), // A list in a locale file holds texts.
        ),
      ),
    ]),
  );
}

/**
 * Finds the intent a text is: only when, normalised, it is one of the phrases and nothing else, so that no free text is hijacked.
 * Phrases of all languages count at once: people mix them.
 */
export function createIntentMatcher(
  phrases: IntentPhrases,
  known: ReadonlySet<string>,
): (text: string) => string | null {
  const byPhrase = new Map<string, string>();
  let longest = 0;
  for (const ofLanguage of Object.values(phrases)) {
    for (const [intent, wordings] of Object.entries(ofLanguage)) {
      if (!known.has(intent)) continue;
      for (const wording of wordings) {
        const normal = normalise(wording);
        if (normal !== '' && !byPhrase.has(normal)) byPhrase.set(normal, intent);
        longest = Math.max(longest, wording.length);
      }
    }
  }
  const seen = new Map<string, string | null>();
  return (text) => {
    if (longest === 0 || text.length > longest + 20) return null;
    let intent = seen.get(text);
    if (intent === undefined) {
      intent = byPhrase.get(normalise(text)) ?? null;
      if (seen.size >= 2000) seen.clear(); // Only short texts come here; this keeps normalising off the hot path.
      seen.set(text, intent);
    }
    return intent;
  };
}
