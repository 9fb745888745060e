// What is paid, in the currency that is paid in: no rate is laid on it.
const SIGNS: Record<string, string> = { USD: "$", CNY: "¥", EUR: "€", GBP: "£" };

export function paid(amount: string, currency: string): string {
  const sign = SIGNS[currency];
  return sign ? `${sign}${amount}` : `${currency} ${amount}`;
}
