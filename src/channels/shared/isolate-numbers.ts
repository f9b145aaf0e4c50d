const first = '\u2066'; // LEFT-TO-RIGHT ISOLATE
const last = '\u2069'; // POP DIRECTIONAL ISOLATE

const rightToLeft = /[\p{Script=Arabic}\p{Script=Hebrew}]/u;
const grouped = /(?<![\p{L}\p{Nd}@/.:+-])\+?[\p{Nd}(][\p{Nd}()]*(?:[ -][\p{Nd}()]+)*(?![\p{L}\p{Nd}])/gu;

/**
 * Keeps phone numbers readable in Arabic text: "050 123 4567" after an Arabic letter would be shown with its groups in reverse
 * (Unicode UAX #9, rules W2 and N1), so it is wrapped in U+2066 and U+2069. A number in one group, and a range such as
 * "2020-2024" that Arabic reads from the right, are left alone. Doing it twice changes nothing more.
 */
export function isolateNumbers(text: string): string {
  if (!rightToLeft.test(text)) return text;
  return text.replace(grouped, (run, at: number) => {
    const isIsolated = text[at - 1] === first;
    return !isIsolated && isPhoneLike(run) ? `${first}${run}${last}` : run;
  });
}

function isPhoneLike(run: string): boolean {
  const digits = run.replace(/\P{Nd}/gu, '').length;
  const groups = run.split(/[ -]/).length;
  return digits >= 7 && digits <= 15 && (run.startsWith('+') || groups >= 3 || (groups === 2 && /^\(?[0٠]/u.test(run)));
}
