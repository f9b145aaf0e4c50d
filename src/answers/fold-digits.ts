/**
 * Writes the digits people type (Arabic-Indic, Persian and Urdu, Devanagari, Bengali, full-width, emoji keycaps) as 0-9, the Arabic
 * letters' presentation forms as letters, and every space as one plain space; drops what is not seen: bidi and zero-width
 * marks, tatweel, controls, halves of surrogate pairs. Idempotent, linear in the text's length.
 *
 * Source: Unicode 16, general categories Cc, Cf and Cs, and the blocks named below.
 */
export function foldDigits(text: string): string {
  return dropUnseen(text)
    .replace(presentationForms, (form) => form.normalize('NFKC'))
    .replace(foreignDigits, toLatinDigit)
    .replace(/\s+/gu, ' ')
    .trim();
}

/** Drops marks that only steer how text is drawn; keeps line breaks and the joiners that some scripts and emoji need. */
export function dropSteering(text: string): string {
  return text
    .replace(/\p{Cs}/gu, '')
    .replace(/\r\n?/g, '\n')
    .replace(/[\p{Cc}\u061C\u200B\u200E\u200F\u202A-\u202E\u2060-\u2069\uFEFF]/gu, (mark) =>
      mark === '\n' || mark === '\t' ? mark : '',
    )
    .trim();
}

/**
 * The numbers of a folded text that may be an identity or phone number, digits only, each once: `1012 345-672` is one, `5 or 6` are
 * two. Numbers of fewer than five digits («رقم 1: 05…») count only when there is no other.
 */
export function digitGroups(folded: string): string[] {
  const typed = folded.match(/\d(?:[ .\-‐-―_()/]{0,3}\d)*/g) ?? [];
  const groups = [...new Set(typed.map((group) => group.replace(/\D/g, '')))];
  const long = groups.filter((group) => group.length >= 5);
  return long.length > 0 ? long : groups;
}

/** Keeps a left-to-right value in one piece inside Arabic text (Unicode UAX #9, isolates). */
export function isolateLeftToRight(value: string): string {
  return `\u2066${value}\u2069`;
}

const zeros = [0x0660, 0x06f0, 0x0966, 0x09e6] as const;
const foreignDigits = /[\u0660-\u0669\u06F0-\u06F9\u0966-\u096F\u09E6-\u09EF]/g;
const presentationForms = /[\uFB50-\uFDCF\uFDF0-\uFDFF\uFE70-\uFEFC\uFF01-\uFF5E]/g;

function toLatinDigit(digit: string): string {
  const code = digit.charCodeAt(0);
  const zero = zeros.find((start) => code >= start && code < start + 10) ?? code;
  return String(code - zero);
}

function dropUnseen(text: string): string {
  return text.replace(/[\t\n\v\f\r\u0085]/g, ' ').replace(/[\p{Cc}\p{Cf}\p{Cs}\u0640\u034F\uFE00-\uFE0F\u20E3]/gu, '');
}
