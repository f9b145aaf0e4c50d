/**
 * A number a person typed, without what phones and people put into it: Arabic and Persian digits become Latin ones, blanks, dashes
 * and invisible marks of direction go.
 */
export function toPlainDigits(text: string): string {
  return text
    .replace(/[\u0660-\u0669\u06f0-\u06f9]/g, (digit) => String(digit.charCodeAt(0) & 0xf))
    .normalize('NFKC')
    .replace(/[\s\p{Cf}\p{Pd}]/gu, '');
}
