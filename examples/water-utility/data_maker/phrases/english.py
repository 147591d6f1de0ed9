# ruff: noqa: E501 - a sentence stays on one line
"""What foreign residents write, and how the English desk answers."""

from .intent import Intent

ENGLISH = (
    Intent(
        "停水咨询",
        (("Hi, there has been no water at {addr_en} since {time} yesterday.", "02"), ("I live in {community_en} and the whole building has had no water since this morning.", "02"), ("The notice downstairs is only in Chinese. Is the water being cut off on {tomorrow_en} at {addr_en}?", "1")),
        ("My landlord is not answering.", "We have a baby, so this is quite urgent.", "The building next door seems to be fine.", "Nobody told us in advance."),
        ("Could you tell me when it will be back?", "Is this planned maintenance?", "Please let me know what is going on."),
        ("A water main near {community_en} burst last night and our crew is repairing it; supply should be back within {hours} hours.", "This is planned maintenance on {tomorrow_en} for about {hours} hours. An English notice has now been posted at the gate.", "We have no work in your area. The pump in your building tripped and the property manager is restarting it."),
        ("The water may look yellow at first; please let the tap run for a few minutes.", "Please keep your taps closed while you are out.", "You can get outage alerts by linking your account in our WeChat mini program, which has an English version."),
    ),
    Intent(
        "水费偏高",
        (("My bill for account {account} is {amount} yuan this time, while I usually pay about {usual} yuan.", "0123"), ("I was travelling for {days} days, yet the bill for {addr_en} shows {volume} cubic metres.", "012"), ("Could you explain why I was charged {amount} yuan? I live alone at {addr_en}.", "013")),
        ("The meter shows {reading} today.", "I checked the taps and found no leaks.", "Nobody has come to read the meter for months.", "I moved in on {date_en}."),
        ("Please check the reading.", "Can someone come and test the meter?", "I would like a refund if it is a mistake."),
        ("We checked the meter on site: the reading of {reading} is correct, so {volume} cubic metres were used. A running toilet is the most common cause.", "The last bill was estimated because the door was locked; this one makes up for it, so the total is right.", "You are right, the meter was misread. The bill has been corrected to {usual} yuan and we apologise.", "Usage above 180 cubic metres a year is charged at 4.10 yuan instead of 2.95, which explains the difference."),
        ("Put a few drops of ink in the toilet tank to see whether it leaks.", "You may ask for a meter test; it is free if the meter turns out to be inaccurate.", "If you repaired a hidden leak, send us the receipt and we can reduce the bill once."),
    ),
    Intent(
        "账单查询",
        (("I just moved into {addr_en} and do not know how to pay for water.", "0"), ("I cannot link account {account} on WeChat because my passport is not accepted.", "3"), ("Can I pay the {amount} yuan with a foreign credit card?", "1"), ("I paid {amount} yuan by Alipay on {date_en} but the app still says overdue.", "2")),
        ("I do not have a Chinese ID card.", "My landlord used to pay for me.", "The app is only in Chinese on my phone.", "I am worried that the water will be cut off."),
        ("What should I do?", "Please help.", "Could someone who speaks English call me?"),
        ("Your account number is {account}. You can pay with Alipay or WeChat under Utilities, or in cash at any service hall.", "Foreign cards work if you first link them to Alipay; our service hall in {district_en} also takes Visa and Mastercard.", "Your payment of {amount} yuan arrived on {date_en} and the account is clear; please ignore the reminder.", "Choose 'Passport' as the document type and upload the photo page. We approve it within one working day."),
        ("The mini program can be switched to English at the top right.", "Bills come out every two months and are due by the 25th.", "You will not be disconnected while a payment is being checked."),
    ),
    Intent(
        "水有异味",
        (("The tap water at {addr_en} smells strongly of chlorine.", "0"), ("The water has been yellow since {date_en} in {community_en}.", "2"), ("Is it safe to drink the tap water in {district_en}? My kettle is full of white scale.", "3"), ("White, milky water comes out of the tap at {addr_en}.", "1")),
        ("It clears after a minute.", "Boiling it does not help.", "My neighbours noticed it too.", "My daughter has a skin allergy."),
        ("Could you test it?", "Please advise.", "Is there a report in English?"),
        ("The water at your address was sampled: chlorine 0.{chlorine} mg/L and turbidity 0.{ntu} NTU, both within the national standard. We still advise boiling it before drinking.", "Milky water is only tiny air bubbles; it clears from the bottom up and is harmless.", "Yellow water after an outage is rust stirred up in the pipes. We have flushed the hydrant nearby; please run the tap until it is clear.", "White scale is calcium and magnesium from the water. The hardness here is {hardness} mg/L, far below the limit of 450."),
        ("Leaving the water in an open jug for a while removes the smell.", "Monthly quality reports are on our website.", "White vinegar removes the scale."),
    ),
    Intent(
        "表后漏水",
        (("Water is leaking from the meter box outside {addr_en}.", "0"), ("The pipe under my kitchen sink burst at {time} and I cannot find the main valve.", "1"), ("Water is dripping from the ceiling at {addr_en}; nobody is home upstairs.", "2"), ("My meter at {addr_en} keeps turning although everything is off.", "3")),
        ("The floor is already wet.", "I have put a bucket under it.", "I do not know who should pay for it.", "My landlord is abroad."),
        ("Please send someone quickly.", "What should I do first?", "Is this your responsibility or mine?"),
        ("Our plumber arrived within {hours} hours and replaced the seal before the meter free of charge.", "The main valve is usually next to the meter in the corridor; turn it clockwise to close. Pipes after the meter belong to the owner, so please call your property manager.", "We have shut the valve for the flat upstairs and the property manager is contacting the owner.", "If the meter turns while everything is off, something after it is leaking, most often a toilet. Please ask your property manager to check."),
        ("If a hidden leak made the bill high, send us the repair receipt.", "Please keep the area around the meter clear.", "Call 96116 at any time, press 9 for English."),
    ),
    Intent(
        "过户",
        (("I bought {addr_en} and would like the water account in my name.", "0"), ("I am leaving the city on {tomorrow_en} and want to settle the bill for account {account}.", "1"), ("My company needs an e-fapiao for the {amount} yuan I paid.", "2"), ("I need a water bill with my name on it to register my residence.", "3")),
        ("I only have a passport.", "The previous owner is not available.", "My employer needs it this week.", "I am a tenant, not the owner."),
        ("Which documents do I need?", "Can this be done online?", "How long does it take?"),
        ("Please bring your passport and the property certificate to the service hall in {district_en}; it takes about 15 minutes and is free.", "We read the meter at {reading}; after paying the last {amount} yuan nothing more is due.", "In the mini program choose E-invoice, enter the company name and tax number, and the PDF arrives by e-mail in 5 minutes.", "Tenants can get a payment record with the lease and the owner's consent."),
        ("You may also send someone else with a signed letter of authorisation.", "Please cancel any direct debit before you leave.", "The account number stays the same."),
    ),
)
