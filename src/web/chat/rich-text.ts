/** A stretch of a text: words, a number that must read from the left, or an address to go to. */
export interface Run {
  readonly type: 'words' | 'number' | 'link';
  readonly text: string;
}

const link = 'https?:\\/\\/[^\\s<>"\\u2066-\\u2069]+';
const number = '\\+?[\\d\\u0660-\\u0669](?:[ \\-]?[\\d\\u0660-\\u0669]){6,}';
const reference = '\\b[A-Z]{1,3}-\\d{3,}\\b';

/**
 * Finds the parts of a text that Arabic lines would turn around (phone numbers, references) and web addresses. Only `http` and
 * `https` count as addresses. Putting the runs together gives the text again.
 */
export function toRuns(text: string): Run[] {
  const runs: Run[] = [];
  let from = 0;
  const add = (type: Run['type'], part: string) => {
    if (part !== '') runs.push({ type, text: part });
  };
  for (const match of text.matchAll(new RegExp(`(${link})|${number}|${reference}`, 'g'))) {
    const isLink = match[1] !== undefined;
    // A full stop after an address ends the sentence, not the address.
    const found = isLink ? match[0].replace(/[.,،؛;:!?؟)\]»”]+$/, '') : match[0];
    add('words', text.slice(from, match.index));
    add(isLink ? 'link' : 'number', found);
    from = match.index + found.length;
  }
  add('words', text.slice(from));
  return runs;
}
