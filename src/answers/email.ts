import { foldDigits } from './fold-digits.ts';
import { accepted, refused, type ParsedAnswer } from './types.ts';

/**
 * An e-mail address as a browser's form would take it, with a dot in its domain. The domain is written small; the part before
 * the @ stays as typed. An Arabic comma for the dot, spaces around @ and dots, and words around the address are forgiven.
 *
 * Source: WHATWG HTML, "valid e-mail address"; RFC 5321 4.5.3.1 for the limits of 64 and 254 octets.
 */
export function parseEmail(text: string): ParsedAnswer {
  const folded = foldDigits(text);
  if (folded === '') return refused('empty');
  if (folded.length > 500) return refused('not-an-email');
  const tidy = folded
    .replace(/،/g, '.')
    .replace(/ ?@ ?/g, '@')
    .replace(/ ?\. ?(?=[a-z]{2,}$)/i, '.')
    .replace(/mailto:/gi, '');
  const candidates = tidy.split(/[\s<>()"'«»:,;؛]+/u).filter((word) => word.includes('@'));
  const addresses = [...new Set(candidates.map((word) => word.replace(/^\.+|\.+$/g, '')))];
  const [address] = addresses;
  if (addresses.length > 1) return refused('several-values');
  const at = address?.lastIndexOf('@') ?? 0;
  if (address === undefined || at > 64 || address.length > 254 || !validAddress.test(address))
    return refused('not-an-email');
  const value = address.slice(0, at) + address.slice(at).toLowerCase();
  return accepted(value, value);
}

const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const word = "[a-z0-9!#$%&'*+/=?^_`{|}~-]+";
const validAddress = new RegExp(
  `^${word}(?:\\.${word})*@${label}(?:\\.${label})*\\.[a-z][a-z0-9-]{0,61}[a-z0-9]$`,
  'i',
);
