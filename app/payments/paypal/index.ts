import type { Provider } from '#payments/provider'

export function isPaypalConfigured(): boolean {
  return false
}
export const paypal = {} as Provider
export const venmo = {} as Provider
