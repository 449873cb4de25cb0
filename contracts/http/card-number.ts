const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
/** Groups of digits, with one sign between two groups; a number with a plus before it is a phone number. */
const DIGIT_GROUPS = /(?<![\p{L}\p{N}+])\p{Nd}+(?:[\p{Zs}._/-]\p{Nd}+)*(?![\p{L}\p{N}])/gu;
const SHORTEST = 12;
const LONGEST = 19;
/** The first digits that payment networks issue: Mastercard from 2221 to 2720, and all that begins with 3, 4, 5 or 6. */
const ISSUED = /^(?:222[1-9]|22[3-9]|2[3-6]|27[01]|2720|[3-6])/;

/**
 * Whether a text contains what looks like a card number: 12 to 19 digits, grouped or not, that a payment network issues
 * and that pass the Luhn check of ISO/IEC 7812-1. A UUID or a phone number in international form is none.
 */
export function containsCardNumber(text: string): boolean {
  const runs = text.normalize('NFKC').replace(UUID, '').match(DIGIT_GROUPS) ?? [];
  return runs.some((run) => joinedGroups(run.split(/[^\p{Nd}]/u)).some(isCardNumber));
}

/** Every sequence of neighbouring groups that is as long as a card number. */
function joinedGroups(groups: readonly string[]): string[] {
  return groups.flatMap((_, from) => {
    const found: string[] = [];
    let joined = '';
    for (const group of groups.slice(from)) {
      joined += group;
      if (joined.length > LONGEST) break;
      if (joined.length >= SHORTEST) found.push(joined);
    }
    return found;
  });
}

const isCardNumber = (digits: string): boolean => ISSUED.test(digits) && passesLuhnCheck(digits);

function passesLuhnCheck(digits: string): boolean {
  const total = Array.from(digits)
    .reverse()
    .reduce((sum, digit, index) => {
      const value = Number(digit) * (index % 2 === 1 ? 2 : 1);
      return sum + (value > 9 ? value - 9 : value);
    }, 0);
  return total % 10 === 0;
}
