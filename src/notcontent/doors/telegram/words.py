"""What the bot says, to admins and in private only. The same for every reason, and nothing about any person."""

from __future__ import annotations

import re
from typing import Final

_TRADITIONAL: Final = re.compile(r"zh-(hant|tw|hk|mo)\b")
#: Not yet read by native speakers, but for the English.
WORDS: Final = {
    "en": {
        "start": "Add me to your group as an admin who may delete messages. I write to its admins here, not in the group.",
        "held": "In “{chat}”, a message was taken out and is held for a check. If it is your own picture, or of public "
        "interest, tell us here: {contact} ({id})",
        "joined": "In “{chat}”, the picture of somebody who joined is held for a check. If it is your own, or of public "
        "interest, tell us here: {contact} ({id})",
        "partly": "In “{chat}”, a message could not be fully checked. Please have a look at it yourself.",
        "partly_out": "In “{chat}”, a message could not be fully checked, so it was taken out.",
        "stays": "In “{chat}”, a message is held for a check, but I could not take it out: it can still be seen. Please see "
        "whether I may delete messages there. ({id})",
    },
    "de": {
        "start": "Nimm mich als Admin in deine Gruppe auf, mit dem Recht, Nachrichten zu löschen. Ich schreibe ihren Admins "
        "hier, nie in der Gruppe.",
        "held": "In „{chat}“ wurde eine Nachricht herausgenommen und wird geprüft. Ist es dein eigenes Bild, oder von "
        "öffentlichem Interesse, sag es uns hier: {contact} ({id})",
        "joined": "In „{chat}“ wird das Bild von jemandem geprüft, der beigetreten ist. Ist es dein eigenes, oder von "
        "öffentlichem Interesse, sag es uns hier: {contact} ({id})",
        "partly": "In „{chat}“ konnte eine Nachricht nicht vollständig geprüft werden. Bitte sieh sie dir selbst an.",
        "partly_out": "In „{chat}“ konnte eine Nachricht nicht vollständig geprüft werden und wurde darum herausgenommen.",
        "stays": "In „{chat}“ wird eine Nachricht geprüft, aber ich konnte sie nicht herausnehmen: Sie ist noch zu sehen. "
        "Bitte sieh nach, ob ich dort Nachrichten löschen darf. ({id})",
    },
    "es": {
        "start": "Añádeme a tu grupo como administrador que puede borrar mensajes. Escribo a sus administradores aquí, "
        "nunca en el grupo.",
        "held": "En «{chat}» se ha retirado un mensaje, que está pendiente de revisión. Si la imagen es tuya, o de interés "
        "público, dínoslo aquí: {contact} ({id})",
        "joined": "En «{chat}», la imagen de alguien que ha entrado está pendiente de revisión. Si es tuya, o de interés "
        "público, dínoslo aquí: {contact} ({id})",
        "partly": "En «{chat}», un mensaje no se ha podido revisar por completo. Por favor, míralo tú.",
        "partly_out": "En «{chat}», un mensaje no se ha podido revisar por completo, así que se ha retirado.",
        "stays": "En «{chat}» hay un mensaje pendiente de revisión, pero no he podido retirarlo: todavía se ve. Por favor, "
        "comprueba si puedo borrar mensajes allí. ({id})",
    },
    "fr": {
        "start": "Ajoutez-moi à votre groupe comme admin qui peut supprimer des messages. J’écris à ses admins ici, jamais "
        "dans le groupe.",
        "held": "Dans « {chat} », un message a été retiré et attend une vérification. Si c’est votre propre image, ou si "
        "elle est d’intérêt public, dites-le-nous ici : {contact} ({id})",
        "joined": "Dans « {chat} », l’image d’une personne qui est entrée attend une vérification. Si c’est la vôtre, ou si "
        "elle est d’intérêt public, dites-le-nous ici : {contact} ({id})",
        "partly": "Dans « {chat} », un message n’a pas pu être entièrement vérifié. Merci de le regarder vous-même.",
        "partly_out": "Dans « {chat} », un message n’a pas pu être entièrement vérifié, il a donc été retiré.",
        "stays": "Dans « {chat} », un message attend une vérification, mais je n’ai pas pu le retirer : il se voit encore. "
        "Merci de regarder si je peux y supprimer des messages. ({id})",
    },
    "zh-hans": {
        "start": "请把我加为群管理员，并允许我删除消息。我只在这里给群管理员发消息，不在群里发言。",
        "held": "在“{chat}”中，有一条消息已被移除，正在等待审核。如果是您本人的图片，或涉及公共利益，请在这里告诉我们：{contact}（{id}）",
        "joined": "在“{chat}”中，一位新成员的头像正在等待审核。如果是您本人的，或涉及公共利益，请在这里告诉我们：{contact}（{id}）",
        "partly": "在“{chat}”中，有一条消息未能完整审核。请您自己看一下。",
        "partly_out": "在“{chat}”中，有一条消息未能完整审核，因此已被移除。",
        "stays": "在“{chat}”中，有一条消息正在等待审核，但我无法移除它：现在仍能看到。请检查我在那里是否有权删除消息。（{id}）",
    },
    "zh-hant": {
        "start": "請把我加為群組管理員，並允許我刪除訊息。我只在這裡傳訊息給群組管理員，不在群組裡發言。",
        "held": "在「{chat}」中，有一則訊息已被移除，正在等待審核。如果是您本人的圖片，或涉及公共利益，請在這裡告訴我們：{contact}（{id}）",
        "joined": "在「{chat}」中，一位新成員的頭像正在等待審核。如果是您本人的，或涉及公共利益，請在這裡告訴我們：{contact}（{id}）",
        "partly": "在「{chat}」中，有一則訊息未能完整審核。請您自己看一下。",
        "partly_out": "在「{chat}」中，有一則訊息未能完整審核，因此已被移除。",
        "stays": "在「{chat}」中，有一則訊息正在等待審核，但我無法移除它：現在仍看得到。請檢查我在那裡是否有權刪除訊息。（{id}）",
    },
    "ko": {
        "start": "저를 메시지를 삭제할 수 있는 관리자로 그룹에 추가해 주세요. 저는 그룹이 아니라 여기에서 관리자에게만 알립니다.",
        "held": "“{chat}”에서 메시지 하나를 내렸고, 확인을 위해 보류했습니다. 본인의 사진이거나 공익을 위한 것이라면 여기로 알려 주세요: {contact} ({id})",
        "joined": "“{chat}”에 새로 들어온 분의 사진이 확인을 위해 보류되었습니다. 본인의 것이거나 공익을 위한 것이라면 여기로 알려 주세요: {contact} ({id})",
        "partly": "“{chat}”의 메시지 하나를 끝까지 확인하지 못했습니다. 직접 살펴봐 주세요.",
        "partly_out": "“{chat}”의 메시지 하나를 끝까지 확인하지 못해 내렸습니다.",
        "stays": "“{chat}”의 메시지 하나가 확인을 위해 보류되었지만 제가 내리지 못했습니다. 아직 보입니다. 그곳에서 제가 메시지를 삭제할 수 있는지 확인해 주세요. ({id})",
    },
    "ja": {
        "start": "メッセージを削除できる管理者として、私をグループに追加してください。管理者へはここで連絡し、グループには書き込みません。",
        "held": "「{chat}」で、メッセージを1件取り下げ、確認のため保留しています。ご自身の画像である場合や、公共の利益に関わる場合は、こちらへお知らせください：{contact}（{id}）",
        "joined": "「{chat}」で、参加した方の画像を確認のため保留しています。ご自身のものである場合や、公共の利益に関わる場合は、こちらへお知らせください：{contact}（{id}）",
        "partly": "「{chat}」で、メッセージを1件、最後まで確認できませんでした。ご自身でご覧ください。",
        "partly_out": "「{chat}」で、メッセージを1件、最後まで確認できなかったため、取り下げました。",
        "stays": "「{chat}」で、メッセージを1件、確認のため保留していますが、取り下げられませんでした。まだ表示されています。私に削除の権限があるかご確認ください。（{id}）",
    },
    "ar": {
        "start": "أضيفوني إلى مجموعتكم مشرفًا يمكنه حذف الرسائل. أكتب إلى مشرفيها هنا، ولا أكتب في المجموعة.",
        "held": "في «{chat}» أُزيلت رسالة، وهي محجوزة للفحص. إن كانت صورتكم أو كانت ذات مصلحة عامة، فيُرجى إخبارنا هنا: {contact} ({id})",
        "joined": "في «{chat}» صورة شخص انضمّ محجوزة للفحص. إن كانت تخصّكم أو كانت ذات مصلحة عامة، فيُرجى إخبارنا هنا: {contact} ({id})",
        "partly": "في «{chat}» تعذّر فحص رسالة بالكامل. يُرجى إلقاء نظرة عليها بأنفسكم.",
        "partly_out": "في «{chat}» تعذّر فحص رسالة بالكامل، فأُزيلت.",
        "stays": "في «{chat}» رسالة محجوزة للفحص، لكن لم أتمكن من إزالتها وما زالت ظاهرة. يُرجى التحقق مما إذا كان يمكنني حذف الرسائل هناك. ({id})",
    },
}


def say(what: str, language: str | None, **parts: str) -> str:
    """The sentence in this language (`de-AT` is `de`, `zh-TW` is `zh-hant`), or in English."""
    tag = (language or "en").lower().replace("_", "-")
    words = WORDS.get("zh-hant" if _TRADITIONAL.match(tag) else "zh-hans" if tag[:2] == "zh" else tag.partition("-")[0])
    return (words or WORDS["en"])[what].format(**parts)
