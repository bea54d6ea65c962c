/**
 * Passkeys: signing in by one, confirming with one, making one. The browser asks the person; what it answers goes to the server in a hidden
 * field of an ordinary form. Without this script nothing of it is offered. Every failure says what to do next, in words of the page.
 */
import { reasonOf } from "./uploads.ts";

interface Described {
  type: "public-key";
  id: string;
  transports: AuthenticatorTransport[];
}

interface Asked {
  challenge: string;
  timeout: number;
  rpId: string;
  allowCredentials: Described[];
  userVerification: UserVerificationRequirement;
}

interface Wanted {
  challenge: string;
  timeout: number;
  rp: PublicKeyCredentialRpEntity;
  user: { id: string; name: string; displayName: string };
  pubKeyCredParams: PublicKeyCredentialParameters[];
  excludeCredentials: Described[];
  authenticatorSelection: AuthenticatorSelectionCriteria;
  attestation: AttestationConveyancePreference;
}

export function offerPasskeys(): void {
  for (const hidden of document.querySelectorAll<HTMLElement>("[data-passkey-offer]")) hidden.hidden = false;
  for (const place of document.querySelectorAll<HTMLElement>("[data-passkey]")) {
    const form = document.getElementById(place.dataset["form"] ?? "");
    const field = form?.querySelector<HTMLInputElement>("input[name=passkey]");
    const button = place.querySelector("button");
    if (form instanceof HTMLFormElement && field && button) new Place(place, form, field, button).listen();
  }
}

/** Why nothing came of it, by a name under which the page has words for it. */
class Stopped extends Error {
  constructor(
    readonly why: string,
    readonly words = "",
  ) {
    super(why);
  }
}

class Place {
  private busy = false;

  constructor(
    private readonly place: HTMLElement,
    private readonly form: HTMLFormElement,
    private readonly field: HTMLInputElement,
    private readonly button: HTMLButtonElement,
  ) {}

  listen(): void {
    if (this.place.dataset["passkey"] === "make") {
      // By the button or by Enter; before the listener that lets a form be sent once.
      this.form.addEventListener(
        "submit",
        (event) => {
          event.preventDefault();
          event.stopImmediatePropagation();
          void this.go();
        },
        { capture: true },
      );
    } else {
      this.button.addEventListener("click", () => void this.go());
    }
    this.place.hidden = false;
  }

  private async go(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.button.setAttribute("aria-disabled", "true");
    this.say("");
    try {
      this.field.value = JSON.stringify(await this.ask());
      if (this.place.dataset["passkey"] !== "prove") {
        this.form.submit();
        return;
      }
      this.say("done");
    } catch (fault) {
      this.say(whyOf(fault), fault instanceof Stopped ? fault.words : "");
    }
    this.busy = false;
    this.button.removeAttribute("aria-disabled");
  }

  private async ask(): Promise<object> {
    // Browsers hide passkeys from pages without HTTPS, and know one site by one address.
    if (!window.isSecureContext || location.origin !== this.place.dataset["origin"]) throw new Stopped("address");
    if (!window.PublicKeyCredential) throw new Stopped("unsupported");
    const options = this.place.dataset["options"];
    return options ? await make(JSON.parse(options) as Wanted) : await answer(await this.challenge());
  }

  private async challenge(): Promise<Asked> {
    const token = this.form.querySelector<HTMLInputElement>("[name=csrfmiddlewaretoken]")?.value ?? "";
    const alone = this.place.dataset["passkey"] === "alone";
    const address = `/api/v1/session/passkey-challenge?alone=${String(alone)}`;
    const got = await fetch(address, { method: "POST", headers: { "X-CSRFToken": token } });
    const said: unknown = await got.json();
    if (!got.ok) throw new Stopped("failed", reasonOf(said));
    return said as Asked;
  }

  private say(what: string, words = ""): void {
    const line = this.place.querySelector<HTMLElement>("[data-passkey-said]");
    if (!line) return;
    line.textContent = words || (what && (this.place.dataset[what] ?? ""));
    line.hidden = line.textContent === "";
    line.classList.toggle("field-fault", what !== "done");
  }
}

function whyOf(fault: unknown): string {
  if (fault instanceof Stopped) return fault.why;
  if (!(fault instanceof DOMException)) return "failed";
  switch (fault.name) {
    case "NotAllowedError":
    case "AbortError":
      return "cancelled";
    case "InvalidStateError":
      return "known";
    case "NotSupportedError":
    case "ConstraintError":
      return "unsupported";
    case "SecurityError":
      return "address";
    default:
      return "failed";
  }
}

async function answer(asked: Asked): Promise<object> {
  const publicKey: PublicKeyCredentialRequestOptions = {
    ...asked,
    challenge: bytesOf(asked.challenge),
    allowCredentials: asked.allowCredentials.map(described),
  };
  const given = await navigator.credentials.get({ publicKey });
  if (!(given instanceof PublicKeyCredential) || !(given.response instanceof AuthenticatorAssertionResponse)) {
    throw new Stopped("cancelled");
  }
  const { clientDataJSON, authenticatorData, signature, userHandle } = given.response;
  return outside(given, {
    clientDataJSON: textOf(clientDataJSON),
    authenticatorData: textOf(authenticatorData),
    signature: textOf(signature),
    userHandle: userHandle && textOf(userHandle),
  });
}

async function make(wanted: Wanted): Promise<object> {
  const publicKey: PublicKeyCredentialCreationOptions = {
    ...wanted,
    challenge: bytesOf(wanted.challenge),
    user: { ...wanted.user, id: bytesOf(wanted.user.id) },
    excludeCredentials: wanted.excludeCredentials.map(described),
  };
  const made = await navigator.credentials.create({ publicKey });
  if (!(made instanceof PublicKeyCredential) || !(made.response instanceof AuthenticatorAttestationResponse)) {
    throw new Stopped("cancelled");
  }
  return outside(made, {
    clientDataJSON: textOf(made.response.clientDataJSON),
    attestationObject: textOf(made.response.attestationObject),
    transports: made.response.getTransports?.() ?? [],
  });
}

function outside(credential: PublicKeyCredential, response: object): object {
  return { id: credential.id, rawId: textOf(credential.rawId), type: credential.type, response };
}

function described(one: Described): PublicKeyCredentialDescriptor {
  return { ...one, id: bytesOf(one.id) };
}

function bytesOf(text: string): ArrayBuffer {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (sign) => sign.charCodeAt(0)).buffer;
}

function textOf(bytes: ArrayBuffer): string {
  const plain = Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join("");
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
